package imagefile

import "fmt"

// WebPFrame is one frame of an animation.
type WebPFrame struct {
	WebPFile
	Over  bool // blended with what is on the canvas; otherwise it replaces it
	Clear bool // its place becomes transparent before the next frame
}

// ReadWebPFrames reads all frames of an animated WebP (WebP Container Specification, "Animation").
// More than most are an error.
func ReadWebPFrames(encoded []byte, most int) (frames []*WebPFrame, err error) {
	var canvas *WebPFile
	for rest := encoded[12:]; len(rest) >= 8; {
		c := nextWebPChunk(rest)
		rest = c.rest
		switch c.kind {
		case "VP8X":
			if len(c.data) >= 10 && canvas == nil {
				canvas = &WebPFile{Width: uint24(c.data[4:]) + 1, Height: uint24(c.data[7:]) + 1}
			}
		case "ANMF":
			if len(frames) == most {
				return nil, fmt.Errorf("%w: more than %d frames", ErrTooLarge, most)
			}
			f := &WebPFrame{}
			if canvas != nil {
				f.WebPFile = *canvas
			}
			if c.cut {
				return nil, fmt.Errorf("frame %d: %w", len(frames)+1, ErrTruncated)
			}
			if err := f.readFrame(c.data, canvas != nil); err != nil {
				return nil, fmt.Errorf("frame %d: %w", len(frames)+1, err)
			}
			if f.X+f.FrameWidth > f.Width || f.Y+f.FrameHeight > f.Height {
				return nil, fmt.Errorf("frame %d: %w: beyond the canvas", len(frames)+1, ErrCorrupt)
			}
			f.Over, f.Clear = c.data[15]&2 == 0, c.data[15]&1 == 1
			frames = append(frames, f)
		}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%w: an animation without frames", ErrTruncated)
	}
	return frames, nil
}

// Whole reports whether the frame covers the canvas.
func (f *WebPFrame) Whole() bool { return f.FrameWidth == f.Width && f.FrameHeight == f.Height }

// Holds reports whether a pixel of the canvas is in the frame.
func (f *WebPFrame) Holds(x, y int) bool {
	return x >= f.X && x < f.X+f.FrameWidth && y >= f.Y && y < f.Y+f.FrameHeight
}
