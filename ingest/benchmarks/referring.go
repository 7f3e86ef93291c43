package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/ingest/pickle"
)

// reference is an element of refs(unc).p: what people said to tell one object of an image apart.
type reference struct {
	id, image, annotation int64
	split                 string
	sentences             []string
}

// readRefCOCO reads RefCOCO, RefCOCO+ and RefCOCOg as github.com/lichengunc/refer publishes them: refs(unc).p, refs(google).p or
// refs(umd).p, a pickle whose data alone are read (package pickle), and beside it instances.json, in COCO's layout, with
// the boxes, the objects' outlines and the images' names. A sample is an image in one split: each sentence is a box's label, the
// outline its mask.
func readRefCOCO(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		said, err := newGathering()
		if err == nil {
			defer said.close()
			err = gatherRefs(ctx, o, said)
		}
		if err != nil {
			yield(item{}, err)
			return
		}
		for i, err := range said.items() {
			if !yield(i, err) {
				return
			}
		}
	}
}

func gatherRefs(ctx context.Context, o Options, said *gathering) error {
	refs, err := readRefs(o.Annotations)
	if err != nil {
		return fmt.Errorf("reading %s: %w", o.Annotations, err)
	}
	images, boxes := map[int64]string{}, map[int64]box{}
	for _, r := range refs {
		images[r.image], boxes[r.annotation] = "", box{}
	}
	instances := cmp.Or(o.Instances, filepath.Join(filepath.Dir(o.Annotations), "instances.json"))
	for m, err := range elements[cocoImage](ctx, instances, "images") {
		if err != nil {
			return err
		}
		if _, wanted := images[m.ID]; wanted {
			images[m.ID] = m.FileName
		}
	}
	for a, err := range elements[cocoAnnotation](ctx, instances, "annotations") {
		if err != nil {
			return err
		}
		if _, wanted := boxes[a.ID]; wanted && len(a.BBox) == 4 {
			boxes[a.ID] = a.box("")
		}
	}
	for _, r := range refs {
		i, err := r.item(images[r.image], boxes[r.annotation])
		if err != nil {
			return fmt.Errorf("%s: %w", instances, err)
		}
		if err := said.add(i.sample.Key, &i); err != nil {
			return err
		}
	}
	return nil
}

// item makes the reference's part of its image's sample.
func (r *reference) item(file string, place box) (item, error) {
	if file == "" {
		return item{}, fmt.Errorf("no image %d, which reference %d names", r.image, r.id)
	}
	if place == (box{}) {
		return item{}, fmt.Errorf("no annotation %d with a box, which reference %d names", r.annotation, r.id)
	}
	i := about(file+"#"+r.split, file+"|train2014/"+file)
	i.sample.Split = r.split
	for _, sentence := range r.sentences {
		b := place
		b.Label = sentence
		i.boxes = append(i.boxes, b)
	}
	return i, nil
}

// readRefs reads the references of a pickle.
func readRefs(file string) ([]reference, error) {
	text, closer, err := openText(file)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	content, err := pickle.Decode(text, pickle.Limits{})
	if err != nil {
		return nil, err
	}
	list, ok := content.(*pickle.List)
	if !ok {
		return nil, fmt.Errorf("it holds a %T, and no list of references", content)
	}
	refs := make([]reference, len(list.Items))
	for n, item := range list.Items {
		if refs[n], err = parseRef(item); err != nil {
			return nil, fmt.Errorf("reference %d: %w", n, err)
		}
	}
	return refs, nil
}

func parseRef(v any) (r reference, err error) {
	fields, ok := v.(pickle.Dict)
	if !ok {
		return r, fmt.Errorf("a %T, and no dictionary", v)
	}
	for name, to := range map[string]*int64{"ref_id": &r.id, "image_id": &r.image, "ann_id": &r.annotation} {
		if *to, ok = fields[name].(int64); !ok {
			return r, fmt.Errorf("%s is a %T, and no number", name, fields[name])
		}
	}
	r.split = text(fields["split"])
	sentences, ok := fields["sentences"].(*pickle.List)
	if !ok {
		return r, errors.New("it has no sentences")
	}
	for _, s := range sentences.Items {
		sentence, ok := s.(pickle.Dict)
		if !ok {
			return r, fmt.Errorf("a sentence is a %T", s)
		}
		if said := cmp.Or(text(sentence["sent"]), text(sentence["raw"])); said != "" {
			r.sentences = append(r.sentences, said)
		}
	}
	return r, nil
}

// text returns a value that is text, in UTF-8.
func text(v any) string {
	s, _ := v.(string)
	return strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
}
