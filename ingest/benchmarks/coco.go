package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/shards"
)

// coco reads a file of COCO's layout: images, annotations of the images, and categories, each with
// ids. It reads the file several times, because its members come in any order.
type coco struct {
	file            string
	said            *gathering
	labels          map[flexible]string // names of categories
	captions, boxes int64               // of all annotations, including bad ones
	annotations     int64
	names           baseNames
	listed          map[uint64]uint64 // hash of an image's name -> hash of its id
	aside           []shards.LeftOut  // left out, but not of an image
	yield           func(item, error) bool
}

// readCOCO reads COCO's captions_*.json and instances_*.json, and LVIS and NoCaps, which have the
// same layout.
func readCOCO(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		said, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer said.close()
		c := &coco{file: o.Annotations, said: said, yield: yield, names: baseNames{ctx: ctx, file: o.Annotations}, listed: map[uint64]uint64{}}
		if !c.readCategories(ctx) || !c.gather(ctx) || !c.fits(o.Layout) {
			return
		}
		if !c.readImages(ctx) {
			return
		}
		if left := append(c.aside, said.unused("image", "is not among the images")...); len(left) > 0 {
			yield(asideOf(left), nil)
		}
	}
}

// maxWaiting is the number of images that wait for the first image with an annotation.
const maxWaiting = 10_000

// readImages yields the images. Images before the first one with an annotation wait for it: if
// there is none, annotations and images belong to different files and no image is yielded. It
// returns false if reading must stop.
func (c *coco) readImages(ctx context.Context) bool {
	var waiting []item
	wait := c.annotations > 0
	flush := func() bool {
		wait = false
		for _, i := range waiting {
			if !c.yield(i, nil) {
				return false
			}
		}
		waiting = nil
		return true
	}
	for m, err := range elementsTo[cocoImage](ctx, c.file, "images", false) {
		if errors.Is(err, errNoMember) {
			err = fmt.Errorf("%w; it is %v", err, shapeOf(c.file))
		}
		i := item{}
		if err == nil {
			i, err = c.image(&m)
		}
		if wait && err == nil && !c.said.has(string(m.ID)) && len(waiting) < maxWaiting {
			waiting = append(waiting, i)
			continue
		}
		if (err == nil || errors.Is(err, errBroken)) && wait && !flush() || !c.yield(i, err) {
			return false
		}
	}
	if wait && len(waiting) > 0 {
		c.yield(item{}, fmt.Errorf("%w: none of the %d annotations of %s is of one of its %d images: image_id and id are of different files",
			errBroken, c.annotations, baseName(c.file), len(waiting)))
		return false
	}
	return flush()
}

// image returns the item of an image with its annotations.
func (c *coco) image(m *cocoImage) (item, error) {
	name, id := xxhash.Sum64String(m.name()), max(1, xxhash.Sum64String(string(m.ID)))
	if before, there := c.listed[name]; there && before != id {
		return item{sample: shards.Sample{Key: m.name()}}, fmt.Errorf("%s is listed before with another id than %s", m.name(), m.ID)
	}
	c.listed[name] = id
	i, free, err := c.said.take(string(m.ID), name)
	if err == nil && !free {
		err = fmt.Errorf("id %s is that of an image before, too: what is said of it cannot be told apart", m.ID)
	}
	if err != nil {
		return item{sample: shards.Sample{Key: m.name()}}, err
	}
	return m.item(i, c)
}

// readCategories reads the names of categories, and the file to its end. It returns false if
// reading must stop.
func (c *coco) readCategories(ctx context.Context) bool {
	c.labels = map[flexible]string{}
	for category, err := range elements[cocoCategory](ctx, c.file, "categories") {
		if errors.Is(err, errNoMember) { // files of captions have none
			break
		}
		if err != nil {
			if !c.yield(item{}, err) || errors.Is(err, errBroken) {
				return false
			}
			continue
		}
		name := strings.TrimSpace(category.Name.text)
		if before, there := c.labels[category.ID]; there && before != name {
			c.aside = addLeft(c.aside, shards.LeftOut{Reason: shards.LeftMetadata, N: 1,
				Name: fmt.Sprintf("category %s is %.100q, after %.100q", category.ID, name, before)})
			continue
		}
		c.labels[category.ID] = name
	}
	return true
}

// categories lists the names of categories.
func (c *coco) categories(ids []flexible) words {
	var names []string
	for _, id := range ids {
		names = append(names, cmp.Or(c.labels[id], string(id)))
	}
	return words{text: strings.Join(names, ", ")}
}

// gather reads the annotations. It returns false if reading must stop.
func (c *coco) gather(ctx context.Context) bool {
	for a, err := range elementsTo[cocoAnnotation](ctx, c.file, "annotations", false) {
		if errors.Is(err, errNoMember) { // test sets have none
			break
		}
		if err == nil {
			err = c.add(&a)
		}
		if err != nil && (!c.yield(item{}, err) || errors.Is(err, errBroken)) {
			return false
		}
	}
	return true
}

// add gathers an annotation.
func (c *coco) add(a *cocoAnnotation) error {
	c.annotations++
	i := item{}
	if a.Caption.given {
		c.captions++
		if a.Rejected.text == "true" || a.Precanned.text == "true" {
			i.leave(shards.LeftMetadata, "%s: the owner's evaluation leaves out this caption: %.100q", a, a.Caption.text)
		} else {
			i.say("en", a.Caption, a.String()+": caption")
		}
	}
	if a.BBox.given || a.Outline.Outline != nil {
		c.boxes++
		c.mark(a, &i)
	}
	if a.ImageID == "" {
		return c.orphan(a, &i)
	}
	i.sample.Key = string(a.ImageID)
	return c.said.add(i.sample.Key, &i)
}

// mark adds the box of an annotation to an item.
func (c *coco) mark(a *cocoAnnotation, i *item) {
	label, known := c.labels[a.CategoryID]
	switch {
	case !a.BBox.given:
		i.leave(shards.LeftBox, "%s: it has no bbox", a)
	case a.BBox.fault != "":
		i.leave(shards.LeftBox, "%s: bbox: found %s, expected a list of four numbers", a, a.BBox.fault)
	case !known:
		i.leave(shards.LeftBox, "%s: category_id %s is not among the categories", a, a.CategoryID)
	default:
		if a.Outline.fault != "" {
			i.leave(shards.LeftMask, "%s: segmentation: %s", a, a.Outline.fault)
		}
		b := a.box(label)
		if wrong := b.wrong(); wrong != "" {
			i.leave(shards.LeftBox, "%s: %s", a, wrong)
			return
		}
		i.boxes = []box{b}
	}
}

// orphan counts the contents of an annotation without image_id as left out.
func (c *coco) orphan(a *cocoAnnotation, i *item) error {
	left := i.left
	for range i.sample.Texts {
		left = append(left, shards.LeftOut{Reason: shards.LeftText, Name: fmt.Sprintf("%v: it has no image_id", a)})
	}
	for range i.boxes {
		left = append(left, shards.LeftOut{Reason: shards.LeftBox, Name: fmt.Sprintf("%v: it has no image_id", a)})
	}
	c.aside = addLeft(c.aside, left...)
	return nil
}

// fits reports whether the file has what the layout is about, and yields an error if not.
func (c *coco) fits(layout string) bool {
	var err error
	switch boxes := slices.Contains([]string{"coco-instances", "lvis"}, layout); {
	case c.annotations == 0: // test sets have none
		if shape := shapeOf(c.file); shape.fields["images.sentences"] || shape.fields["images.regions"] {
			err = fmt.Errorf("%w: %s has no annotations", errBroken, baseName(c.file))
		}
	case boxes && c.boxes == 0:
		err = fmt.Errorf("%w: no annotation of %s has a bbox", errBroken, baseName(c.file))
	case !boxes && c.captions == 0:
		err = fmt.Errorf("%w: no annotation of %s has a caption", errBroken, baseName(c.file))
	}
	if err == nil {
		return true
	}
	c.yield(item{}, fmt.Errorf("%w; it is %v", err, shapeOf(c.file)))
	return false
}
