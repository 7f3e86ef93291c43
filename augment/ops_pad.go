package augment

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pali3/pali3/random"
)

// buildPadToShape follows big_vision's op (pp/ops_general.py). An image that is larger than the
// shape is an error there, too.
func buildPadToShape(a *Arguments) (Action, error) {
	height, width := a.Size()
	value := [3]float32{}
	if text, given := a.Text("pad_value"); given {
		value = a.padValue(text)
	}
	where, given := a.Text("where")
	if !given {
		where = "after"
	}
	if !slices.Contains([]string{"before", "after", "both"}, where) {
		return Action{}, fmt.Errorf("where is %q, not before, after or both", where)
	}
	before := func(room int) int {
		return map[string]int{"before": room, "both": room / 2}[where]
	}
	return Action{Moves: Cropping, Height: height, Width: width, Run: func(p *Pixels, _ *random.Stream) error {
		h, w := p.Size()
		if h > height || w > width {
			return fmt.Errorf("padding an image of %dx%d to %dx%d (height x width): it is larger; resize it first", h, w, height, width)
		}
		if height*width > p.limits.MaxPixels {
			return fmt.Errorf("%w: %dx%d would become %dx%d", ErrTooLarge, h, w, height, width)
		}
		p.pad(region{before(height - h), before(width - w), height, width}, value)
		return nil
	}}, nil
}

// padValue reads a value for all channels, or a colour.
func (a *Arguments) padValue(text string) (value [3]float32) {
	if v, err := strconv.ParseFloat(text, 32); err == nil && v >= -1e6 && v <= 1e6 {
		return [3]float32{float32(v), float32(v), float32(v)}
	}
	for i, v := range a.colour("pad_value", text) {
		value[i] = float32(v)
	}
	return value
}

// pad lays the image on a larger one of one value: its top left corner comes to row y, column x.
func (p *Pixels) pad(r region, value [3]float32) {
	h, w := p.Size()
	if h == r.height && w == r.width {
		return
	}
	if m := p.Image(); m != nil && value == floored(value) {
		out := newImage(r.height, r.width)
		lay(out.Pix, m.Pix, w, r, [3]uint8{uint8(value[0]), uint8(value[1]), uint8(value[2])})
		p.SetImage(out)
	} else {
		out := &Tensor{r.height, r.width, make([]float32, 3*r.height*r.width)}
		lay(out.Pix, p.Tensor().Pix, w, r, value)
		p.SetTensor(out)
	}
	p.Moved(Affine{
		XX: float64(w) / float64(r.width), X0: float64(r.x) / float64(r.width),
		YY: float64(h) / float64(r.height), Y0: float64(r.y) / float64(r.height),
	})
}

// floored are the nearest values that fit into 8 bits.
func floored(value [3]float32) (bytes [3]float32) {
	for i, v := range value {
		bytes[i] = float32(uint8(min(max(v, 0), 255)))
	}
	return bytes
}

func lay[T uint8 | float32](to, from []T, width int, r region, value [3]T) {
	for i := 0; i < len(to); i += 3 {
		copy(to[i:], value[:])
	}
	for y := 0; y < len(from)/(3*width); y++ {
		copy(to[3*((r.y+y)*r.width+r.x):], from[3*y*width:][:3*width])
	}
}
