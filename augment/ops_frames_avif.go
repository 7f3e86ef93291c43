package augment

import (
	"fmt"

	"github.com/pali3/pali3/internal/avif"
	"github.com/pali3/pali3/internal/imagefile"
)

// readAVIF decodes the chosen frames of a sequence, each of which covers the screen, or a still
// image.
func (s *sheet) readAVIF(encoded []byte, height, width int) error {
	if height*width > largeAVIFPixels {
		oneAtATime.Lock()
		defer oneAtATime.Unlock()
	}
	f, err := imagefile.ReadAVIF(encoded)
	if err != nil {
		return err
	}
	decoder, err := avif.Open(encoded, width, height, f.Sequence)
	if err != nil {
		return err
	}
	defer decoder.Close()
	all := decoder.Frames
	if all > maxFrames || all*height*width > s.limits.MaxPixels {
		return fmt.Errorf("%w: %d frames, at most %d with %d pixels in all", ErrTooLarge, all, maxFrames, s.limits.MaxPixels)
	}
	for i := range all {
		if !s.wants(i, all) {
			continue
		}
		samples, err := decoder.Frame(i)
		if err != nil {
			return fmt.Errorf("frame %d: %w", i+1, err)
		}
		s.show(avifRaster(decoder, samples), i, all)
	}
	return nil
}
