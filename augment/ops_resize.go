package augment

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

func buildResizeLong(a *Arguments) (Action, error) {
	size := a.Side("size")
	how := a.resampling()
	return Action{Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		return p.scale(float64(size)/float64(max(h, w)), how)
	}}, nil
}

// buildResizeInside makes images as large as they can be within a rectangle.
func buildResizeInside(a *Arguments) (Action, error) {
	height, width := a.Size()
	how := a.resampling()
	return Action{Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		return p.scale(min(float64(height)/float64(h), float64(width)/float64(w)), how)
	}}, nil
}

// randomMethods are those of big_vision's resize_r, each with antialias and without.
var randomMethods = []Filter{Bilinear, Bicubic, Lanczos3, Area, Mitchell}

// buildResizeR follows big_vision's op (pp/proj/paligemma/robustness.py), but does not round.
func buildResizeR(a *Arguments) (Action, error) {
	height, width := a.Size()
	return Action{Random: true, Height: height, Width: width, Run: func(p *Pixels, rng *random.Stream) error {
		drawn := rng.IntN(2 * len(randomMethods))
		err := p.resize(height, width, resampling{filter: randomMethods[drawn/2], antialias: drawn%2 == 0, as: tf})
		if err == nil {
			pix := p.Tensor().Pix
			for i, v := range pix {
				pix[i] = min(max(v, 0), 255)
			}
		}
		return err
	}}, nil
}

// scale resizes both sides by a ratio, each rounded half to even, to at least one pixel.
func (p *Pixels) scale(ratio float64, how resampling) error {
	h, w := p.Size()
	height, width := max(int(math.RoundToEven(float64(h)*ratio)), 1), max(int(math.RoundToEven(float64(w)*ratio)), 1)
	return p.resize(height, width, how)
}

// buildCentralCropToSequence cuts out the size to which resize_to_sequence would resize (big_vision
// pp/proj/image_text/ops_naflex.py).
func buildCentralCropToSequence(a *Arguments) (Action, error) {
	s := Sequence{Patch: a.Side("patch_size"), Length: a.Side("max_sequence_len")}
	return Action{Moves: Cropping, sequence: s, Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		height, width := SequenceSize(h, w, s.Patch, p.lengthOf(s))
		if height > h || width > w {
			return fmt.Errorf("cutting %dx%d out of an image of only %dx%d (height x width)", height, width, h, w)
		}
		return p.Crop((h-height)/2, (w-width)/2, height, width)
	}}, nil
}

// buildPatchify cuts off what is not a whole patch at the bottom and on the right, as
// tf.image.extract_patches does with padding VALID. [Tensor.WritePatches] writes the patches.
func buildPatchify(a *Arguments) (Action, error) {
	s := Sequence{Patch: a.Side("patch_size"), Length: a.Side("max_sequence_len")}
	return Action{Moves: Cropping, sequence: s, Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		rows, columns, most := h/s.Patch, w/s.Patch, p.lengthOf(s)
		if rows == 0 || columns == 0 || rows*columns > most {
			return fmt.Errorf("an image of %dx%d (height x width) has %d patches of %d pixels; legal are 1 to %d", h, w, rows*columns, s.Patch, most)
		}
		return p.Crop(0, 0, rows*s.Patch, columns*s.Patch)
	}}, nil
}

// lengthOf is the length of a sequence, or that which replaces it.
func (p *Pixels) lengthOf(s Sequence) int {
	if p.sequenceLength > 0 {
		return p.sequenceLength
	}
	return s.Length
}
