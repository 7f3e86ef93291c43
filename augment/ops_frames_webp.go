package augment

import (
	"fmt"

	"github.com/pali3/pali3/internal/imagefile"
)

// readWebP lays the frames of an animation on the canvas, one after the other, as libwebp's
// WebPAnimDecoder does (src/demux/anim_decode.c). The background colour of the file is ignored.
func (s *sheet) readWebP(encoded []byte, height, width int) error {
	if w, err := imagefile.ReadWebP(encoded); err != nil || !w.Animated {
		return s.still(encoded)
	}
	all, err := imagefile.ReadWebPFrames(encoded, maxFrames)
	if err != nil {
		return err
	}
	canvas := &raster{colour: newImage(height, width), alpha: make([]uint8, height*width)}
	pixels, key := 0, false
	for i, f := range all {
		if pixels += f.FrameWidth * f.FrameHeight; pixels > s.limits.MaxPixels {
			return fmt.Errorf("%w: the first %d frames have more than %d pixels", ErrTooLarge, i+1, s.limits.MaxPixels)
		}
		frame, err := webpRaster(&f.WebPFile)
		if err != nil {
			return fmt.Errorf("frame %d: %w", i+1, err)
		}
		var cleared *imagefile.WebPFrame // the frame before, if its place is transparent now
		if i > 0 && all[i-1].Clear {
			cleared = all[i-1]
		}
		opaque := frame.alpha == nil
		if key = i == 0 || (opaque || !f.Over) && f.Whole() || cleared != nil && (cleared.Whole() || key); key {
			clear(canvas.colour.Pix)
			clear(canvas.alpha)
		}
		canvas.lay(frame, f, cleared, f.Over && !key)
		s.show(canvas, i, len(all))
		if f.Clear {
			canvas.clearPlace(f)
		}
	}
	return nil
}

// lay draws a frame at its place. Where the place of the frame before was cleared, nothing is left
// to blend with.
func (r *raster) lay(frame *raster, f, cleared *imagefile.WebPFrame, blend bool) {
	width := f.FrameWidth
	for i := range width * f.FrameHeight {
		x, y := f.X+i%width, f.Y+i/width
		from, to := frame.colour.Pix[3*i:][:3], y*r.colour.Width+x
		alpha := uint8(255)
		if frame.alpha != nil {
			alpha = frame.alpha[i]
		}
		switch {
		case !blend || alpha == 255 || cleared != nil && cleared.Holds(x, y):
			copy(r.colour.Pix[3*to:], from)
			r.alpha[to] = alpha
		case alpha > 0:
			r.blend(to, from, alpha)
		}
	}
}

// blend lays a colour over a pixel, both not multiplied by alpha, in the whole numbers of libwebp.
func (r *raster) blend(at int, colour []uint8, alpha uint8) {
	below := uint32(r.alpha[at]) * (256 - uint32(alpha)) >> 8
	sum := uint32(alpha) + below
	scale := uint32(1<<24) / sum
	to := r.colour.Pix[3*at:][:3]
	for c := range to {
		to[c] = uint8((uint32(colour[c])*uint32(alpha) + uint32(to[c])*below) * scale >> 24)
	}
	r.alpha[at] = uint8(sum)
}

// clearPlace makes the place of a frame transparent.
func (r *raster) clearPlace(f *imagefile.WebPFrame) {
	for y := f.Y; y < f.Y+f.FrameHeight; y++ {
		at := y*r.colour.Width + f.X
		clear(r.colour.Pix[3*at:][:3*f.FrameWidth])
		clear(r.alpha[at:][:f.FrameWidth])
	}
}
