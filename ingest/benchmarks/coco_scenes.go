package benchmarks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/jsonscan"
	"github.com/pali3/pali3/shards"
)

// cocoScenes yields a record for each image of COCO's instances_*.json and of LVIS, in the order of
// the images' ids, with what is marked in it as the file has it. Unlike readCOCO it holds all in
// memory and clips no box: scores depend on every one.
func cocoScenes(ctx context.Context, o Options) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r := sceneReader{path: o.Annotations, strings: newInterner()}
		if err := r.read(ctx); err != nil {
			yield(Record{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		records, faults := r.records()
		for _, err := range faults {
			if !yield(Record{}, err) {
				return
			}
		}
		for _, record := range records {
			if !yield(record, nil) {
				return
			}
		}
	}
}

// sceneReader reads the three lists of a file, which come in any order.
type sceneReader struct {
	path       string
	file       *jsonscan.File
	strings    *interner
	images     []sceneImage
	marks      []sceneMark
	categories []Category
}

// sceneImage is an element of images.
type sceneImage struct {
	id, name           string
	height, width      float64
	absent, incomplete []string // ids of categories
	line               int
}

// sceneMark is an element of annotations.
type sceneMark struct {
	Region
	image, category string
	fault           string
	line            int
}

func (r *sceneReader) read(ctx context.Context) (err error) {
	if r.file, err = jsonscan.Open(r.path); err != nil {
		return err
	}
	defer r.file.Close()
	r.file.Limit = maxElement
	err = r.file.Each(ctx, map[string]func(*jsonscan.Scanner) error{"images": r.image, "annotations": r.mark, "categories": r.category})
	if err != nil {
		return err
	}
	for _, list := range []struct {
		name string
		n    int
	}{{"images", len(r.images)}, {"categories", len(r.categories)}} { // test sets have no annotations
		if list.n == 0 {
			return fmt.Errorf("%s has no %s; it is %v", r.path, list.name, shapeOf(r.path))
		}
	}
	return nil
}

// image reads an element of images.
func (r *sceneReader) image(s *jsonscan.Scanner) error {
	i := sceneImage{line: r.file.Line(), height: math.NaN(), width: math.NaN()}
	var m cocoImage
	err := s.Object(func(name []byte) (err error) {
		switch string(name) {
		case "id":
			i.id, err = plainID(s)
		case "file_name":
			m.FileName.text, err = plainText(s)
		case "coco_url":
			m.URL.text, err = plainText(s)
		case "height":
			i.height, err = plainNumber(s)
		case "width":
			i.width, err = plainNumber(s)
		case "neg_category_ids":
			i.absent, err = r.ids(s)
		case "not_exhaustive_category_ids":
			i.incomplete, err = r.ids(s)
		default:
			err = s.Skip()
		}
		return err
	})
	if i.name = m.name(); err == nil {
		r.images = append(r.images, i)
	}
	return err
}

// ids reads a list of ids.
func (r *sceneReader) ids(s *jsonscan.Scanner) (ids []string, err error) {
	if kind, err := s.Kind(); err != nil || kind != '[' {
		return nil, skipAfter(s, err)
	}
	err = s.Array(func() error {
		id, err := plainID(s)
		ids = append(ids, r.strings.of([]byte(id)))
		return err
	})
	return ids, err
}

// category reads an element of categories.
func (r *sceneReader) category(s *jsonscan.Scanner) error {
	var c Category
	err := s.Object(func(name []byte) (err error) {
		switch string(name) {
		case "id":
			c.ID, err = plainID(s)
		case "name":
			c.Name, err = plainText(s)
		case "frequency":
			c.Frequency, err = plainText(s)
		default:
			err = s.Skip()
		}
		return err
	})
	if err == nil {
		r.categories = append(r.categories, c)
	}
	return err
}

// mark reads an element of annotations.
func (r *sceneReader) mark(s *jsonscan.Scanner) error {
	m := sceneMark{line: r.file.Line()}
	m.Area = math.NaN()
	boxed := false
	err := s.Object(func(name []byte) (err error) {
		switch string(name) {
		case "id":
			m.ID, err = plainID(s)
		case "image_id":
			m.image, err = r.id(s)
		case "category_id":
			m.category, err = r.id(s)
		case "bbox":
			boxed, err = plainBox(s, &m.Box)
		case "area":
			m.Area, err = plainNumber(s)
		case "iscrowd":
			m.Crowd, err = plainFlag(s)
		case "ignore":
			m.Ignore, err = plainFlag(s)
		case "segmentation":
			m.Outline, m.fault, err = plainOutline(s)
		default:
			err = s.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if !boxed {
		m.fault = "bbox: want four numbers: left, top, width and height"
	}
	r.marks = append(r.marks, m)
	return nil
}

// id reads an id that occurs often.
func (r *sceneReader) id(s *jsonscan.Scanner) (string, error) {
	id, err := plainID(s)
	return r.strings.of([]byte(id)), err
}

// records returns a record for each image, and what is wrong in the file.
func (r *sceneReader) records() (records []Record, faults []error) {
	fail := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s line %d: %s", r.path, line, fmt.Sprintf(format, args...)))
	}
	categories := map[string]int32{}
	for n, c := range r.categories {
		if _, twice := categories[c.ID]; twice || c.ID == "" {
			fail(1, "category %q (%s): its id is missing or that of another one", c.ID, c.Name)
		}
		categories[c.ID] = int32(n)
	}
	numbers := func(line int, ids []string) (all []int32) {
		for _, id := range ids {
			n, known := categories[id]
			if !known {
				fail(line, "category %s is not among the categories", id)
				continue
			}
			all = append(all, n)
		}
		return all
	}
	slices.SortStableFunc(r.images, func(a, b sceneImage) int { return compareIDs(a.id, b.id) })
	images := map[string]int{}
	for _, i := range r.images {
		if _, twice := images[i.id]; twice || i.id == "" {
			fail(i.line, "image %q (%s): its id is missing or that of another one", i.id, i.name)
			continue
		}
		images[i.id] = len(records)
		scene := &Scene{Categories: r.categories, Absent: numbers(i.line, i.absent), Incomplete: numbers(i.line, i.incomplete)}
		if i.height >= 1 && i.width >= 1 && i.height <= maxSide && i.width <= maxSide {
			scene.Height, scene.Width = int(i.height), int(i.width)
		}
		records = append(records, Record{Sample: shards.Sample{Key: cmp.Or(i.name, i.id)}, ID: i.id, Scene: scene})
	}
	seen := make(map[string]bool, len(r.marks))
	for n := range r.marks {
		m := &r.marks[n]
		category, known := categories[m.category]
		image, there := images[m.image]
		switch {
		case !there:
			fail(m.line, "annotation %s: image %q is not among the images", m.ID, m.image)
		case !known:
			fail(m.line, "annotation %s of image %s: category %q is not among the categories", m.ID, m.image, m.category)
		case m.fault != "":
			fail(m.line, "annotation %s of image %s: %s", m.ID, m.image, m.fault)
		case m.ID != "" && seen[m.ID]:
			fail(m.line, "annotation %s of image %s: another one has the same id", m.ID, m.image)
		case m.wrong() != "":
			fail(m.line, "annotation %s of image %s: %s", m.ID, m.image, m.wrong())
		default:
			m.Category = category
			records[image].Scene.Regions = append(records[image].Scene.Regions, m.Region)
		}
		seen[m.ID] = true
	}
	return records, faults
}

// maxSide is the largest height or width of an image.
const maxSide = 1 << 20

// wrong returns why a region cannot be scored, or "".
func (r *Region) wrong() string {
	for _, v := range r.Box {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprintf("bbox %v has an edge that is no finite number", r.Box)
		}
	}
	switch {
	case r.Box[2] < 0 || r.Box[3] < 0:
		return fmt.Sprintf("bbox %v has a negative width or height", r.Box)
	case r.Area < 0 || math.IsInf(r.Area, 0):
		return fmt.Sprintf("area %g is no area", r.Area)
	}
	return ""
}

// compareIDs compares whole numbers by value, and others as text, behind them.
func compareIDs(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return -1
	case errY == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// plainNumber reads a number, perhaps in quotes; NaN for anything else.
func plainNumber(s *jsonscan.Scanner) (float64, error) {
	kind, err := s.Kind()
	if err != nil {
		return 0, err
	}
	switch kind {
	case '0':
		b, err := s.Number()
		if err != nil {
			return 0, err
		}
		return parseNumber(string(b)), nil
	case '"':
		b, err := s.String()
		if err != nil {
			return 0, err
		}
		return parseNumber(string(b)), nil
	}
	return math.NaN(), s.Skip()
}

// plainFlag reads 0 or 1, or false or true.
func plainFlag(s *jsonscan.Scanner) (bool, error) {
	if kind, err := s.Kind(); err != nil || kind == 't' || kind == 'f' {
		return kind == 't', skipAfter(s, err)
	}
	v, err := plainNumber(s)
	return v == v && v != 0, err
}

// plainBox reads four numbers. It returns false for anything else.
func plainBox(s *jsonscan.Scanner, box *[4]float64) (bool, error) {
	if kind, err := s.Kind(); err != nil || kind != '[' {
		return false, skipAfter(s, err)
	}
	n := 0
	err := s.Array(func() error {
		v, err := plainNumber(s)
		if n < len(box) {
			box[n] = v
		}
		n++
		return err
	})
	return n == len(box), err
}

// plainOutline reads the outline of an annotation, or the reason why it cannot be used.
func plainOutline(s *jsonscan.Scanner) (o *Outline, fault string, err error) {
	kind, err := s.Kind()
	if err != nil || kind == 'n' {
		return nil, "", skipAfter(s, err)
	}
	if kind != '[' {
		raw, err := s.Raw()
		if err != nil {
			return nil, "", err
		}
		o = &Outline{}
		if err := json.Unmarshal(raw, o); err != nil {
			return nil, "segmentation: " + err.Error(), nil
		}
		return o, "", nil
	}
	o = &Outline{}
	err = s.Array(func() error {
		if kind, err := s.Kind(); err != nil || kind != '[' {
			fault = "segmentation: a polygon is a list of numbers"
			return skipAfter(s, err)
		}
		var corners []float64
		err := s.Array(func() error {
			v, err := plainNumber(s)
			corners = append(corners, v)
			return err
		})
		o.Polygons = append(o.Polygons, corners)
		return err
	})
	if len(o.Polygons) == 0 {
		o = nil
	}
	return o, fault, err
}
