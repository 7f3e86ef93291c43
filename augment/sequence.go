package augment

import (
	"fmt"
	"math"

	"github.com/pali3/pali3/random"
)

// Sequence describes images that keep their aspect (NaFlex): both sides are multiples of Patch, in
// pixels, and an image has at most Length patches. The zero value is for images of other sizes.
type Sequence struct {
	Patch, Length int
}

// Values returns the number of values of an image's patches with their padding,
// Length·Patch·Patch·3.
func (s Sequence) Values() int { return s.Length * s.Patch * s.Patch * 3 }

// Sequence describes the images of a pipeline whose last op to change sizes is resize_to_sequence.
// It is zero for other pipelines.
func (p *Pipeline) Sequence() Sequence { return p.sequence }

// WithSequenceLength returns the pipeline with images of at most length patches, whatever its
// resize_to_sequence says. It is an error if the pipeline has no such op. String keeps the ops as
// they were written.
func (p *Pipeline) WithSequenceLength(length int) (*Pipeline, error) {
	switch {
	case p.sequence == Sequence{}:
		return nil, fmt.Errorf("image ops %q have no sequence length: only resize_to_sequence has one", p.text)
	case length < 1 || length > maxOutput:
		return nil, fmt.Errorf("a sequence length of %d patches; legal are 1 to %d", length, maxOutput)
	}
	q := *p
	q.sequence.Length, q.ownLength = length, true
	return &q, nil
}

func buildResizeToSequence(a *Arguments) (Action, error) {
	s := Sequence{Patch: a.Side("patch_size"), Length: a.Side("max_sequence_len")}
	how := a.resampling()
	return Action{sequence: s, Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		length := s.Length
		if p.sequenceLength > 0 {
			length = p.sequenceLength
		}
		height, width := SequenceSize(h, w, s.Patch, length)
		return p.resize(height, width, how)
	}}, nil
}

// SequenceSize returns the size to which NaFlex resizes an image of the given height and width: the
// largest, with the aspect kept as far as both sides are multiples of patch, that has no more than
// length patches (transformers image_processing_siglip2.py, get_image_size_for_max_num_patches;
// big_vision ops_naflex.py searches in float32). An image has at least one patch; if length is less
// than 1, that is what it gets.
func SequenceSize(height, width, patch, length int) (h, w int) {
	sized := func(scale float64) (rows, columns int) {
		along := func(side int) int { return max(int(math.Ceil(float64(side)*scale/float64(patch))), 1) }
		return along(height), along(width)
	}
	const precision = 1e-5
	low, high := precision/10, 100.0
	for high-low >= precision {
		middle := (low + high) / 2
		if rows, columns := sized(middle); rows*columns <= length {
			low = middle
		} else {
			high = middle
		}
	}
	rows, columns := sized(low)
	return rows * patch, columns * patch
}

// WritePatches cuts an image into patches of the given side and writes them to the beginning of to,
// row by row: [rows·columns, patch·patch·3], each patch with its values in the order row, column,
// channel. It is an error if the image is not made of whole patches or to has no room for them.
func (t Tensor) WritePatches(to []float32, patch int) (rows, columns int, err error) {
	switch {
	case patch < 1 || t.Height < 1 || t.Width < 1 || t.Height%patch != 0 || t.Width%patch != 0:
		return 0, 0, fmt.Errorf("an image of %d by %d pixels (height by width) is not made of whole patches of %d", t.Height, t.Width, patch)
	case len(t.Pix) > len(to):
		return 0, 0, fmt.Errorf("an image of %d by %d pixels has %d patches of %d, there is room for %d",
			t.Height, t.Width, t.Height/patch*(t.Width/patch), patch, len(to)/(patch*patch*3))
	}
	row := 3 * patch
	for top := 0; top < t.Height; top += patch {
		for left := 0; left < t.Width; left += patch {
			for y := top; y < top+patch; y++ {
				to = to[copy(to, t.Pix[3*(y*t.Width+left):][:row]):]
			}
		}
	}
	return t.Height / patch, t.Width / patch, nil
}

// FromPatches is the inverse of [Tensor.WritePatches].
func FromPatches(patches []float32, rows, columns, patch int) Tensor {
	t := Tensor{rows * patch, columns * patch, make([]float32, rows*columns*patch*patch*3)}
	row := 3 * patch
	for top := 0; top < t.Height; top += patch {
		for left := 0; left < t.Width; left += patch {
			for y := top; y < top+patch; y++ {
				patches = patches[copy(t.Pix[3*(y*t.Width+left):][:row], patches):]
			}
		}
	}
	return t
}
