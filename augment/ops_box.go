package augment

import (
	"errors"

	"github.com/pali3/pali3/random"
)

// buildInceptionBox crops as inception_crop does, without resizing, so that at least a part of one
// box is seen (big_vision pp/proj/uvim/pp_ops.py, inception_box and crop_box). Where an image has
// no boxes, the whole image is the box, as with TensorFlow's use_image_if_no_bounding_boxes.
func buildInceptionBox(a *Arguments) (Action, error) {
	areas, ratios := a.areas(), a.ratios()
	least := a.NumberOr("min_object_covered", 0)
	if !(0 <= least && least <= 1) {
		return Action{}, errors.New("min_object_covered is a part of a box, 0 to 1")
	}
	return Action{Random: true, Moves: Cropping, drawsBoxes: least > 0, Run: func(p *Pixels, rng *random.Stream) error {
		h, w := p.Size()
		var accept func(region) bool
		if least > 0 {
			boxes := p.boxesInPixels(h, w)
			accept = func(r region) bool { return r.covers(boxes, least) }
		}
		p.crop(inceptionRegion(rng, h, w, areas.low/100, areas.high/100, ratios, accept))
		return nil
	}}, nil
}

// boxesInPixels returns where the image's boxes are now, with edges rounded down to pixels; the
// whole image if there are none.
func (p *Pixels) boxesInPixels(height, width int) (boxes []region) {
	for _, box := range p.boxes {
		if b, left := p.geometry.Box(box); left > 0 {
			y0, x0, y1, x1 := int(b[0]*float64(height)), int(b[1]*float64(width)), int(b[2]*float64(height)), int(b[3]*float64(width))
			boxes = append(boxes, region{y0, x0, y1 - y0, x1 - x0})
		}
	}
	if len(boxes) == 0 {
		boxes = []region{{0, 0, height, width}}
	}
	return boxes
}

// covers reports whether the region shows at least a part of one of the boxes
// (sample_distorted_bounding_box_op.cc, SatisfiesOverlapConstraints).
func (r region) covers(boxes []region, part float64) bool {
	for _, b := range boxes {
		h := min(r.y+r.height, b.y+b.height) - max(r.y, b.y)
		w := min(r.x+r.width, b.x+b.width) - max(r.x, b.x)
		if area := b.height * b.width; area >= 1 && h > 0 && w > 0 && float64(h*w) >= part*float64(area) {
			return true
		}
	}
	return false
}
