package augment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pali3/pali3/random"
)

// WithBoxes returns the pipeline whose draw_bbox draws, and whose inception_box covers, these boxes
// of the image, each y0, x0, y1, x1 in parts of the height and width.
func (p *Pipeline) WithBoxes(boxes ...[4]float64) *Pipeline {
	q := *p
	q.boxes = slices.Clone(boxes)
	return &q
}

// DrawsBoxes reports whether the pipeline has an op that looks at boxes, such as draw_bbox, and
// needs [Pipeline.WithBoxes].
func (p *Pipeline) DrawsBoxes() bool {
	return slices.ContainsFunc(p.steps, func(s step) bool { return s.drawsBoxes })
}

// buildDrawBBox draws the boxes of the sample (big_vision pp/proj/paligemma/widgetcap.py).
func buildDrawBBox(a *Arguments) (Action, error) {
	colour, width := a.pen()
	return Action{drawsBoxes: true, KeepsSize: true, Run: func(p *Pixels, _ *random.Stream) error {
		if len(p.boxes) == 0 {
			return errors.New("the image has no box to draw")
		}
		for _, box := range p.boxes {
			if moved, left := p.geometry.Box(box); left > 0 {
				p.draw(moved, colour, width)
			}
		}
		return nil
	}}, nil
}

// buildDrawBox draws a box that stands in the pipeline.
func buildDrawBox(a *Arguments) (Action, error) {
	box := [4]float64{a.Number("y0"), a.Number("x0"), a.Number("y1"), a.Number("x1")}
	if !(0 <= box[0] && box[0] <= box[2] && box[2] <= 1 && 0 <= box[1] && box[1] <= box[3] && box[3] <= 1) {
		return Action{}, fmt.Errorf("the box is %v; legal are parts of the image, 0 <= y0 <= y1 <= 1 and 0 <= x0 <= x1 <= 1", box)
	}
	colour, width := a.pen()
	return Action{KeepsSize: true, Run: func(p *Pixels, _ *random.Stream) error {
		if moved, left := p.geometry.Box(box); left > 0 {
			p.draw(moved, colour, width)
		}
		return nil
	}}, nil
}

// pen takes colour and width of lines.
func (a *Arguments) pen() (colour [3]float32, width int) {
	colour, width = [3]float32{255, 0, 0}, 1
	if text, given := a.Text("color"); given {
		colour = a.padValue(text)
	}
	if text, given := a.Text("width"); given {
		width = a.side("width", text)
	}
	return colour, width
}

// draw draws the outline of a box where tf.image.draw_bounding_boxes does
// (draw_bounding_box_op.cc): an edge at part f of the height is in row f·(height-1), rounded down.
// Lines wider than one pixel grow inwards.
func (p *Pixels) draw(box [4]float64, colour [3]float32, width int) {
	h, w := p.Size()
	top, left := int(float32(box[0])*float32(h-1)), int(float32(box[1])*float32(w-1))
	bottom, right := int(float32(box[2])*float32(h-1)), int(float32(box[3])*float32(w-1))
	var set func(y, x int)
	if m := p.Image(); m != nil && colour == floored(colour) {
		set = func(y, x int) {
			to := m.Pix[3*(y*w+x):]
			to[0], to[1], to[2] = uint8(colour[0]), uint8(colour[1]), uint8(colour[2])
		}
	} else {
		pix := p.Tensor().Pix
		set = func(y, x int) { copy(pix[3*(y*w+x):], colour[:]) }
	}
	width = min(width, bottom-top+1, right-left+1)
	for i := range width {
		for x := left; x <= right; x++ {
			set(top+i, x)
			set(bottom-i, x)
		}
		for y := top; y <= bottom; y++ {
			set(y, left+i)
			set(y, right-i)
		}
	}
}
