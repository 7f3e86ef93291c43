package benchmarks

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/pali3/pali3/shards"
)

// referringScenes yields a record for each expression of refs(unc).p and the like: a question with
// the sent_id and the expression, and a scene with the object that it refers to.
func referringScenes(ctx context.Context, o Options) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		refs, failed, err := readRefs(o.Annotations)
		if err != nil {
			yield(Record{}, fmt.Errorf("%w: reading %s: %w", errBroken, o.Annotations, err))
			return
		}
		places, err := readPlaces(ctx, o.Instances, refs)
		if err != nil {
			yield(Record{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		for _, err := range failed {
			if !yield(Record{}, err) {
				return
			}
		}
		if len(places.left) > 0 && !yield(Record{LeftOut: places.left}, nil) {
			return
		}
		for n := range refs {
			if !places.scenes(&refs[n], yield) {
				return
			}
		}
	}
}

// scenes yields the records of a reference. It returns false if reading must stop.
func (p *places) scenes(r *reference, yield func(Record, error) bool) bool {
	scene, err := p.scene(r)
	if err != nil {
		return yield(Record{}, err)
	}
	if len(r.left) > 0 && !yield(Record{LeftOut: r.left}, nil) {
		return false
	}
	for n, s := range r.sentences {
		id := s.id
		if id == "" {
			id = fmt.Sprintf("%s/%d", r.id, n)
		}
		sample := shards.Sample{Key: p.images[r.image], Split: r.split, Questions: []shards.Question{question(id, s.text, "")}}
		if !yield(Record{Sample: sample, ID: string(r.image), Scene: scene}, nil) {
			return false
		}
	}
	return true
}

// scene returns the object that a reference is about.
func (p *places) scene(r *reference) (*Scene, error) {
	file, a := p.images[r.image], p.boxes[r.annotation]
	what := fmt.Sprintf("%s: annotation %s of reference %s", p.file, r.annotation, r.id)
	switch {
	case file == "":
		return nil, fmt.Errorf("%s: no image %s, which reference %s names", p.file, r.image, r.id)
	case a == nil:
		return nil, fmt.Errorf("%s is missing", what)
	case a.ImageID != "" && a.ImageID != r.image:
		return nil, fmt.Errorf("%s is of image %s, not %s", what, a.ImageID, r.image)
	case !a.BBox.given || a.BBox.fault != "":
		return nil, fmt.Errorf("%s has no bbox of four numbers", what)
	case a.Outline.fault != "":
		return nil, fmt.Errorf("%s: segmentation: %s", what, a.Outline.fault)
	}
	region := Region{ID: string(a.ID), Box: a.BBox.edges, Area: math.NaN(), Outline: a.Outline.Outline}
	if wrong := region.wrong(); wrong != "" {
		return nil, fmt.Errorf("%s: %s", what, wrong)
	}
	height, width := p.sizes[r.image][0].float(), p.sizes[r.image][1].float()
	if !(height >= 1 && width >= 1 && height <= maxSide && width <= maxSide) {
		return nil, fmt.Errorf("%s: image %s has no height and width", p.file, r.image)
	}
	return &Scene{Height: int(height), Width: int(width), Regions: []Region{region}}, nil
}
