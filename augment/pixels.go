package augment

import (
	"errors"
	"slices"
)

// Pixels are the image that the ops of a pipeline work on: its bytes before decode, then 8-bit
// pixels, and floats from the first op that needs them. One of the three is set.
type Pixels struct {
	encoded []byte
	limits  Limits
	image   *Image
	tensor  *Tensor

	sequenceLength int // that replaces that of resize_to_sequence; 0 for none
}

// Image returns the pixels as 8-bit values, or nil once an op has turned them into floats. An op
// may change them in place.
func (p *Pixels) Image() *Image { return p.image }

// SetImage replaces the pixels by 8-bit ones.
func (p *Pixels) SetImage(m *Image) { p.image, p.tensor = m, nil }

// Tensor returns the pixels as floats, converting 8-bit ones to 0 to 255. An op may change them in
// place.
func (p *Pixels) Tensor() *Tensor {
	if p.tensor == nil {
		t := p.image.Float()
		p.tensor, p.image = &t, nil
	}
	return p.tensor
}

// SetTensor replaces the pixels by floats.
func (p *Pixels) SetTensor(t *Tensor) { p.tensor, p.image = t, nil }

// Size returns the height and width of the image.
func (p *Pixels) Size() (height, width int) {
	if p.tensor != nil {
		return p.tensor.Height, p.tensor.Width
	}
	return p.image.Height, p.image.Width
}

// Bytes returns the memory that decoded pixels take.
func (p *Pixels) Bytes() int {
	if p.tensor != nil {
		return 4 * len(p.tensor.Pix)
	}
	return len(p.image.Pix)
}

// clone copies decoded pixels.
func (p *Pixels) clone() *Pixels {
	q := *p
	if p.tensor != nil {
		q.tensor = &Tensor{p.tensor.Height, p.tensor.Width, slices.Clone(p.tensor.Pix)}
	} else {
		q.image = &Image{p.image.Height, p.image.Width, slices.Clone(p.image.Pix)}
	}
	return &q
}

func (p *Pixels) resize(height, width int, how resampling) error {
	var t Tensor
	switch {
	case how.pil && p.tensor != nil:
		return errors.New("antialias=pil resizes 8-bit pixels: put it before ops that make floats")
	case how.pil:
		p.image = p.image.ResizePIL(height, width, how.filter)
		return nil
	case p.tensor != nil:
		t = p.tensor.Resize(height, width, how.filter, how.antialias)
	default:
		t = p.image.Resize(height, width, how.filter, how.antialias)
	}
	p.tensor, p.image = &t, nil
	return nil
}

func (p *Pixels) crop(r region) {
	if p.tensor != nil {
		p.tensor = &Tensor{r.height, r.width, cut(p.tensor.Pix, p.tensor.Width, r)}
	} else {
		p.image = &Image{r.height, r.width, cut(p.image.Pix, p.image.Width, r)}
	}
}

func (p *Pixels) mirror() {
	if p.tensor != nil {
		mirror(p.tensor.Pix, p.tensor.Width)
	} else {
		mirror(p.image.Pix, p.image.Width)
	}
}
