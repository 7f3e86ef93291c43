package augment

import (
	"errors"
	"fmt"
	"slices"
)

// Pixels are the image that the ops of a pipeline work on: its bytes before decode, then 8-bit
// pixels, and floats from the first op that needs them. Between decode and the first op that needs
// pixels, a JPEG remains as its planes. One of the four is set.
type Pixels struct {
	encoded []byte
	limits  Limits
	stored  *stored
	image   *Image
	tensor  *Tensor

	room           []float32 // for a tensor of as many values
	draft          [2]int    // height and width that decode(scale=auto) must not go below
	sequenceLength int       // that replaces that of resize_to_sequence; 0 for none
	geometry       Geometry
	boxes          [][4]float64 // of the image, for draw_bbox
}

// Image returns the pixels as 8-bit values, or nil once an op has turned them into floats. An op
// may change them in place.
func (p *Pixels) Image() *Image {
	p.convert()
	return p.image
}

// convert makes 8-bit pixels of a JPEG's planes.
func (p *Pixels) convert() {
	if p.stored != nil {
		p.image, p.stored = p.stored.image(), nil
	}
}

// drop forgets the pixels before others replace them.
func (p *Pixels) drop() {
	if p.stored != nil {
		p.stored.release()
	}
	p.stored, p.image, p.tensor = nil, nil, nil
}

// SetImage replaces the pixels by 8-bit ones.
func (p *Pixels) SetImage(m *Image) {
	p.drop()
	p.image = m
}

// Tensor returns the pixels as floats, converting 8-bit ones to 0 to 255. An op may change them in
// place.
func (p *Pixels) Tensor() *Tensor {
	p.convert()
	if p.tensor == nil {
		t := p.newTensor(p.image.Height, p.image.Width)
		widen(t.Pix, p.image.Pix)
		p.tensor, p.image = &t, nil
	}
	return p.tensor
}

// newTensor makes a tensor, in the room for the pipeline's if it has that size. No two tensors
// share the room.
func (p *Pixels) newTensor(height, width int) Tensor {
	if n := 3 * height * width; n == len(p.room) {
		room := p.room
		p.room = nil
		return Tensor{height, width, room[:n:n]}
	}
	return newTensor(height, width)
}

// SetTensor replaces the pixels by floats.
func (p *Pixels) SetTensor(t *Tensor) {
	p.drop()
	p.tensor = t
}

// Size returns the height and width of the image.
func (p *Pixels) Size() (height, width int) {
	switch {
	case p.tensor != nil:
		return p.tensor.Height, p.tensor.Width
	case p.stored != nil:
		return p.stored.Size()
	}
	return p.image.Size()
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
	if most := p.limits.MaxPixels; most > 0 && height > most/width { // 0 in tests
		h, w := p.Size()
		return fmt.Errorf("%w: %dx%d would become %dx%d", ErrTooLarge, h, w, height, width)
	}
	var t Tensor
	switch {
	case how.as == pil && p.tensor != nil:
		return errors.New("as=pil resizes 8-bit pixels: put it before ops that make floats")
	case how.as == pil && p.stored != nil:
		from := p.stored
		p.stored = nil
		p.SetImage(from.resizePIL(height, width, how.filter))
		return nil
	case how.as == pil:
		p.SetImage(p.Image().ResizePIL(height, width, how.filter))
		return nil
	case how.as == torch && p.stored != nil:
		from := p.stored
		p.stored = nil
		p.SetImage(from.resizeTorch(height, width, how.filter, how.antialias))
		return nil
	case how.as == torch && p.tensor == nil:
		p.SetImage(p.Image().ResizeTorch(height, width, how.filter, how.antialias))
		return nil
	case how.as == torch, how.as == tf:
		from := p.Tensor()
		t = from.resizeAs(how.as, p.newTensor(height, width), how.filter, how.antialias)
	case p.tensor != nil:
		t = p.tensor.resizeTo(p.newTensor(height, width), how.filter, how.antialias)
	case p.stored != nil && how.as == planes && p.stored.hasPlanes():
		t = p.stored.resizePlanes(p.newTensor(height, width), how.filter, how.antialias)
	case p.stored != nil:
		t = resizeRows(p.newTensor(height, width), p.stored, how.filter, how.antialias)
	default:
		t = resizeRows(p.newTensor(height, width), p.image, how.filter, how.antialias)
	}
	p.SetTensor(&t)
	return nil
}

func (p *Pixels) crop(r region) {
	h, w := p.Size()
	if r == (region{0, 0, h, w}) {
		return
	}
	p.Moved(Affine{
		XX: float64(w) / float64(r.width), X0: -float64(r.x) / float64(r.width),
		YY: float64(h) / float64(r.height), Y0: -float64(r.y) / float64(r.height),
	})
	switch {
	case p.tensor != nil:
		p.tensor = &Tensor{r.height, r.width, cut(p.tensor.Pix, p.tensor.Width, r)}
	case p.stored != nil:
		part := &p.stored.part
		*part = region{part.y + r.y, part.x + r.x, r.height, r.width}
	default:
		p.image = &Image{r.height, r.width, cut(p.image.Pix, p.image.Width, r)}
	}
}

func (p *Pixels) mirror() {
	p.Moved(Affine{XX: -1, X0: 1, YY: 1})
	p.convert()
	if p.tensor != nil {
		mirror(p.tensor.Pix, p.tensor.Width)
	} else {
		mirror(p.image.Pix, p.image.Width)
	}
}
