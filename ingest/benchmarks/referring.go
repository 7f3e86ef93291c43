package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/ingest/internal/pickle"
	"github.com/pali3/pali3/shards"
)

// reference is an element of refs(unc).p: expressions that refer to one object of an image.
type reference struct {
	id, image, annotation flexible
	split                 string
	sentences             []sentence
	left                  []shards.LeftOut
}

// sentence is an expression.
type sentence struct{ id, text string }

// readRefCOCO reads RefCOCO, RefCOCO+ and RefCOCOg as github.com/lichengunc/refer publishes them:
// refs(unc).p, refs(google).p or refs(umd).p, a pickle of which only data are read (package
// pickle), and beside it instances.json in COCO's layout, with boxes, outlines and image names. A
// sample is an image in one split. Each sentence becomes a box with the sentence as its label and
// the outline as its mask.
func readRefCOCO(ctx context.Context, o Options) iter.Seq2[item, error] {
	return gathered(func(yield func(item, error) bool) {
		refs, failed, err := readRefs(o.Annotations)
		if err != nil {
			yield(item{}, fmt.Errorf("%w: reading %s: %w", errBroken, baseName(o.Annotations), err))
			return
		}
		for _, err := range failed {
			if !yield(item{}, err) {
				return
			}
		}
		places, err := readPlaces(ctx, o.Instances, refs)
		if err != nil {
			yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		for _, r := range refs {
			i, err := places.item(&r)
			if !yield(i, err) {
				return
			}
		}
		if len(places.left) > 0 {
			yield(asideOf(places.left), nil)
		}
	})
}

// places holds the images and objects of instances.json that references name.
type places struct {
	file   string
	images map[flexible]string
	sizes  map[flexible][2]number       // height and width
	boxes  map[flexible]*cocoAnnotation // nil if it is missing
	left   []shards.LeftOut             // elements that cannot be read
}

func readPlaces(ctx context.Context, file string, refs []reference) (*places, error) {
	p := &places{file: baseName(file), images: map[flexible]string{}, sizes: map[flexible][2]number{}, boxes: map[flexible]*cocoAnnotation{}}
	for _, r := range refs {
		p.images[r.image], p.boxes[r.annotation] = "", nil
	}
	for m, err := range elementsTo[cocoImage](ctx, file, "images", false) {
		if err != nil {
			if err := p.leave(file, err); err != nil {
				return nil, err
			}
			continue
		}
		if _, wanted := p.images[m.ID]; wanted {
			p.images[m.ID], p.sizes[m.ID] = m.name(), [2]number{m.Height, m.Width}
		}
	}
	some := false
	for a, err := range elements[cocoAnnotation](ctx, file, "annotations") {
		if err != nil {
			if err := p.leave(file, err); err != nil {
				return nil, err
			}
			continue
		}
		if _, wanted := p.boxes[a.ID]; wanted {
			p.boxes[a.ID], some = &a, true
		}
	}
	if !some && len(refs) > 0 {
		return nil, fmt.Errorf("none of the annotations that references name is in %s: it is of another dataset", p.file)
	}
	return p, nil
}

// leave counts an element that cannot be read. It returns errors that end the reading.
func (p *places) leave(file string, err error) error {
	if errors.Is(err, errNoMember) {
		return fmt.Errorf("%w; it is %v", err, shapeOf(file))
	}
	if errors.Is(err, errBroken) {
		return err
	}
	p.left = addLeft(p.left, shards.LeftOut{Reason: shards.LeftMetadata, Name: err.Error(), N: 1})
	return nil
}

// item returns the item of a reference.
func (p *places) item(r *reference) (item, error) {
	file, a := p.images[r.image], p.boxes[r.annotation]
	if file == "" {
		return item{}, fmt.Errorf("%s: no image %s, which reference %s names", p.file, r.image, r.id)
	}
	key := file + "#" + r.split
	if a == nil {
		return item{sample: shards.Sample{Key: key}}, fmt.Errorf("%s: no annotation %s, which reference %s names", p.file, r.annotation, r.id)
	}
	i := about(key, file, "train2014/"+file)
	if number := cocoNumber(file); number != "" {
		i.images[0] = append(i.images[0], cocoNames(number, "")...)
	}
	i.sample.Split, i.left = r.split, r.left
	what := fmt.Sprintf("%s: reference %s", key, r.id)
	switch {
	case a.ImageID != "" && a.ImageID != r.image:
		i.leave(shards.LeftBox, "%s: annotation %s is of image %s", what, a.ID, a.ImageID)
		return i, nil
	case !a.BBox.given || a.BBox.fault != "":
		i.leave(shards.LeftBox, "%s: annotation %s has no bbox of four numbers", what, a.ID)
		return i, nil
	case a.Outline.fault != "":
		i.leave(shards.LeftMask, "%s: segmentation: %s", what, a.Outline.fault)
	}
	for _, s := range r.sentences {
		i.mark(a.box(s.text), what)
	}
	return i, nil
}

// readRefs reads the references of a pickle. failed has an error for each element that is not a
// reference.
func readRefs(file string) (refs []reference, failed []error, err error) {
	text, closer, err := openContent(file)
	if err != nil {
		return nil, nil, err
	}
	defer closer.Close()
	content, err := pickle.Decode(text, pickle.Limits{})
	if err != nil {
		if begin := shapeOf(file); begin.kind != "a Python pickle" && begin.kind != "no JSON" {
			err = fmt.Errorf("%w; it is %v", err, begin)
		}
		return nil, nil, err
	}
	if more, _ := text.Peek(1); len(more) > 0 {
		failed = append(failed, errors.New("what follows the pickle's end is not read"))
	}
	list, ok := content.(*pickle.List)
	if !ok {
		return nil, nil, fmt.Errorf("the pickle holds %s, expected a list of references", pickled(content))
	}
	for n, item := range list.Items {
		r, err := parseRef(item)
		if err != nil {
			failed = append(failed, fmt.Errorf("reference %d: %w", n, err))
			continue
		}
		refs = append(refs, r)
	}
	return refs, failed, nil
}

func parseRef(v any) (r reference, err error) {
	fields, ok := v.(pickle.Dict)
	if !ok {
		return r, fmt.Errorf("found %s, expected a dictionary", pickled(v))
	}
	for _, field := range []struct {
		name string
		to   *flexible
	}{{"ref_id", &r.id}, {"image_id", &r.image}, {"ann_id", &r.annotation}} {
		if *field.to, ok = pickledID(fields[field.name]); !ok {
			return r, fmt.Errorf("%s: found %s, expected a number", field.name, pickled(fields[field.name]))
		}
	}
	r.split, _ = text(fields["split"])
	var sentences []any
	switch list := fields["sentences"].(type) {
	case *pickle.List:
		sentences = list.Items
	case pickle.Tuple:
		sentences = list
	default:
		return r, fmt.Errorf("sentences: found %s, expected a list", pickled(fields["sentences"]))
	}
	for n, s := range sentences {
		fields, _ := s.(pickle.Dict)
		said, whole := text(fields["sent"])
		if said == "" {
			said, whole = text(fields["raw"])
		}
		if said == "" || !whole {
			r.left = addLeft(r.left, shards.LeftOut{Reason: shards.LeftText, Name: fmt.Sprintf("reference %s: sentence %d has no text in UTF-8", r.id, n), N: 1})
			continue
		}
		id, _ := pickledID(fields["sent_id"])
		r.sentences = append(r.sentences, sentence{string(id), said})
	}
	return r, nil
}

// pickledID returns the id in a value of a pickle.
func pickledID(v any) (flexible, bool) {
	switch v := v.(type) {
	case int64:
		return flexible(strconv.FormatInt(v, 10)), true
	case *big.Int:
		return flexible(v.String()), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return flexible(strconv.FormatInt(int64(v), 10)), true
		}
	case string:
		id := quotedID(strings.ToValidUTF8(v, "\uFFFD"))
		return id, id != ""
	}
	return "", false
}

// pickled names a value of a pickle for messages.
func pickled(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case bool:
		return "true or false"
	case int64, *big.Int, float64:
		return "a number"
	case string:
		return "text"
	case *pickle.List:
		return "a list"
	case pickle.Tuple:
		return "a tuple"
	case pickle.Dict:
		return "a dictionary"
	}
	return "something else"
}

// text returns the text in a value, and whether it is UTF-8.
func text(v any) (_ string, whole bool) {
	s, _ := v.(string)
	return strings.TrimSpace(s), utf8.ValidString(s)
}
