package frames

import (
	"fmt"
	"image"

	"github.com/pali3/pali3/internal/imagefile"
)

// readWebP reads the frames of an animated WebP. Other WebPs are not animations.
func readWebP(encoded []byte) (*animation, error) {
	w, err := imagefile.ReadWebP(encoded)
	if err != nil || !w.Animated {
		return nil, nil // a damaged still image is found elsewhere
	}
	all, err := imagefile.ReadWebPFrames(encoded, maxFrames)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	a := &animation{width: w.Width, height: w.Height}
	for _, f := range all {
		shown := frame{place: image.Rect(f.X, f.Y, f.X+f.FrameWidth, f.Y+f.FrameHeight), over: f.Over}
		if f.Clear {
			shown.dispose = clear
		}
		shown.decode = func() (image.Image, error) {
			rgb, alpha, err := f.Decode()
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrFormat, err)
			}
			return imagefile.Info{Width: f.FrameWidth, Height: f.FrameHeight}.Image(rgb, alpha), nil
		}
		a.frames = append(a.frames, shown)
	}
	return a, nil
}
