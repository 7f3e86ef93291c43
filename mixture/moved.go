package mixture

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Image ops that crop, pad or flip move what an image shows. The boxes of kinds that write boxes
// move with it, and so do the <loc> pieces of other kinds' texts.

// defaultMinBoxPart is how much of a box must be left (overlap_thresh of random_crop_image in the
// TensorFlow Object Detection API, core/preprocessor.py).
const defaultMinBoxPart = 0.3

func (c ImageConfig) minBoxPart() float64 { return cmp.Or(c.MinBoxPart, defaultMinBoxPart) }

// movedBoxProblems lists what is wrong with image ops that move the boxes of a task.
func (t *Task) movedBoxProblems(r *Recipe, kind Kind) (key string, err error) {
	train, err := r.Pipeline()
	if err != nil || train == nil || !kind.Located {
		return "", nil // the ops have problems of their own
	}
	op, how := train.Moving()
	if how == augment.Turning && t.Kind == "segment" && r.Images.MaskCodec == "" {
		return "kind", fmt.Errorf("kind segment needs images.ops that neither flip nor turn, and %s does: the codes of a mask cannot be mirrored. "+
			"Name the weights of the mask VQ-VAE in images.mask_codec, and masks are decoded, moved and coded again; without it crops and padding are legal", op)
	}
	if how == augment.InPlace {
		return "", nil
	}
	if t.Shots > 0 {
		return "shots", fmt.Errorf("shots: %d, but images.ops have %s, and the boxes of shots do not follow ops that move them", t.Shots, op)
	}
	eval, err := r.EvalPipeline()
	if err != nil {
		return "", nil
	}
	if moved, how := eval.Moving(); how != augment.InPlace {
		return "kind", fmt.Errorf("kind %s needs images.eval_ops that keep the whole image, for its boxes are scored in the whole image: %s of %s moves them", t.Kind, moved, evalKey(r))
	}
	return "", nil
}

// evalKey is the key that the image ops for scoring are from.
func evalKey(r *Recipe) string {
	if r.Images.EvalOps == "" || r.Images.EvalOps == r.Images.Ops {
		return "images.ops"
	}
	return "images.eval_ops"
}

// moveBoxes moves the boxes of a sample with its images, as [Kind.Located] says, and returns how
// many are lost.
func (s *Stream) moveBoxes(d *drawn) (lost int, err error) {
	codes, err := MaskCodes(&d.sample)
	if err != nil {
		return 0, err
	}
	boxes, least := d.sample.Boxes, s.recipe.Images.minBoxPart()
	d.sample.Boxes = nil
	var keptCodes [][]int32
	for i, b := range boxes {
		g, seen := d.geometry[int(b.Image)]
		if !seen {
			continue // of an image that the example lacks
		}
		if !g.Moves() {
			d.sample.Boxes, keptCodes = append(d.sample.Boxes, b), append(keptCodes, codes[i])
			continue
		}
		moved, left := g.Box([4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)})
		if left < least {
			lost++
			continue
		}
		if codes[i] != nil && (left < whole || !g.Upright()) {
			codes[i], err = s.moveCodes(d, &b, codes[i], moved, g)
			switch {
			case errors.Is(err, errBoxLost):
				lost++
				continue
			case err != nil:
				return lost, fmt.Errorf("the mask of box %d: %w", i, err)
			}
		}
		d.sample.Boxes, keptCodes = append(d.sample.Boxes, movedBox(b, moved)), append(keptCodes, codes[i])
	}
	if len(d.sample.Boxes) == 0 {
		return lost, fmt.Errorf("no box is left by the image ops: of each of the %d less than %g is seen", len(boxes), least)
	}
	if _, coded := d.sample.Metadata[MaskCodesField]; coded {
		d.sample.Metadata = maps.Clone(d.sample.Metadata)
		return lost, SetMaskCodes(&d.sample, keptCodes)
	}
	return lost, nil
}

// moveCodes returns the codes of a box's mask after the box has moved: none if nothing can code it,
// or if the task's kind does not read codes.
func (s *Stream) moveCodes(d *drawn, b *shards.Box, codes []int32, to [4]float64, g augment.Geometry) ([]int32, error) {
	if s.masks == nil || d.task.Kind == "detect" || d.task.Kind == "region_caption" {
		return nil, nil
	}
	r := tokenize.Region{Mask: codes, Label: b.Label}
	if b.Mask == nil {
		var err error
		if r.Box, err = tokenize.Locate([4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)}); err != nil {
			return nil, err
		}
	}
	return s.masksOfImage(&d.sample, int(b.Image), g).move(r, b, to)
}

// boxesOf returns the boxes of an image of the sample, none for images of other rows.
func (d *drawn) boxesOf(row, image int) (boxes [][4]float64) {
	for _, b := range d.sample.Boxes {
		if row == d.index && int(b.Image) == image {
			boxes = append(boxes, [4]float64{float64(b.Y0), float64(b.X0), float64(b.Y1), float64(b.X1)})
		}
	}
	return boxes
}

// whole is the least part of a box that counts as all of it.
const whole = 1 - 1e-6

// movedBox is a box at another place. Its mask, a bitmap of pixels of the whole image, is gone.
func movedBox(b shards.Box, edges [4]float64) shards.Box {
	b.Y0, b.X0, b.Y1, b.X1 = float32(edges[0]), float32(edges[1]), float32(edges[2]), float32(edges[3])
	b.Mask = nil
	return b
}

// hasLocations reports whether a prompt or target names places in the image.
func (d Draft) hasLocations() bool {
	return strings.Contains(d.Prompt, "<loc") || strings.Contains(d.Target, "<loc")
}

// moveLocations moves the <loc> pieces of a draft's prompt and target with the sample's first
// image. A target that is a list of regions loses those of which too little is left.
func (s *Stream) moveLocations(t *task, d *drawn, draft *Draft) (err error) {
	if !d.geometry[0].Moves() {
		return nil
	}
	if t.Shots > 0 {
		return errors.New("its texts have <loc> pieces, and those of shots do not follow image ops that crop or flip")
	}
	m := locationMover{d.geometry[0], s.recipe.Images.minBoxPart(), s.masksOfImage(&d.sample, 0, d.geometry[0])}
	if draft.Prompt, err = m.running(draft.Prompt); err != nil {
		return fmt.Errorf("the prompt: %w", err)
	}
	var lost int
	draft.Target, lost, err = m.target(draft.Target)
	draft.leave(lost, lostBoxes)
	if err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	return nil
}

// locationMover moves the places that texts name.
type locationMover struct {
	geometry augment.Geometry
	least    float64 // part of a box that must be left
	masks    maskMover
}

var errBoxLost = errors.New("the image ops leave too little of it")

// region moves a region.
func (m locationMover) region(r tokenize.Region) (tokenize.Region, error) {
	moved, left := m.geometry.Box(r.Fractions())
	if left < m.least {
		return r, errBoxLost
	}
	var err error
	if r.Mask != nil && (left < whole || !m.geometry.Upright()) {
		if r.Mask, err = m.masks.move(r, nil, moved); err != nil {
			return r, err
		}
	}
	if r.Box, err = tokenize.Locate(moved); err == nil {
		err = r.Validate()
	}
	return r, err
}

// target moves a list of regions, without those of which too little is left, or else the places
// within a running text.
func (m locationMover) target(text string) (moved string, lost int, err error) {
	regions, invalid := tokenize.ParseRegions(text)
	if len(invalid) > 0 || len(regions) == 0 {
		moved, err = m.running(text)
		return moved, 0, err
	}
	var kept []tokenize.Region
	for _, r := range regions {
		r, err := m.region(r)
		if errors.Is(err, errBoxLost) {
			lost++
			continue
		}
		if err != nil {
			return text, lost, fmt.Errorf("region %q: %w", r, err)
		}
		kept = append(kept, r)
	}
	if len(kept) == 0 {
		return text, lost, fmt.Errorf("no region is left by the image ops: of each of the %d less than %g is seen", len(regions), m.least)
	}
	moved, err = tokenize.FormatRegions(kept)
	return moved, lost, err
}

// inText finds the pieces of a region within a text.
var inText = regexp.MustCompile(`(?:<loc\d{4}>)+(?:<seg\d{3}>)*`)

// running moves the regions within a running text. It is an error if one of them is lost, as the
// text would lack it.
func (m locationMover) running(text string) (moved string, err error) {
	moved = inText.ReplaceAllStringFunc(text, func(pieces string) string {
		regions, invalid := tokenize.ParseRegions(pieces)
		if len(invalid) > 0 || len(regions) != 1 {
			err = cmp.Or(err, fmt.Errorf("%q is no box, so it cannot follow the image ops", pieces))
			return pieces
		}
		r, wrong := m.region(regions[0])
		if wrong != nil {
			err = cmp.Or(err, fmt.Errorf("region %q: %w", pieces, wrong))
		}
		return r.String()
	})
	return moved, err
}

// lostBoxes is what examples lack that image ops have cropped.
const lostBoxes = "boxes of which the image ops leave less than images.min_box_part"
