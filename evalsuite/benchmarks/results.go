package benchmarks

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	"github.com/pali3/pali3/internal/jsonscan"
)

// results holds what a file says was found in images: COCO's results, one record an object, or
// answers of a model, one record an image.
type results struct {
	path       string
	images     names
	imageAt    []int // the line that first names an image
	categories names
	categoryAt []int // the line that first names a category
	objects    []object
	answers    []answer
	answerOf   map[string]int // by image
	boxed      bool           // the first result has a box
	masked     bool           // the first result has a mask
	problems   *problems
}

// object is a record of COCO's results. Its category is a number of results.categories.
type object struct {
	detection.Detection
	image int32
}

// answer is a record of an answer that names objects.
type answer struct {
	Prediction
	score float64 // of all its objects
	used  bool
}

// resultsReader reads the records of a file.
type resultsReader struct {
	*results
	file   *jsonscan.File
	record result
}

// result is a record as it is read.
type result struct {
	line                                      int
	image, id, category, score, text, failure value
	edges                                     int // of the box; -1 if there is none
	box                                       detection.Box
	mask                                      maskText
}

// maxResult is the maximum size of a record in bytes. Masks can be long.
const maxResult = 8 << 20

// readResults reads COCO's results, a list or JSON lines, or answers; or a table, if the form is
// one.
func readResults(ctx context.Context, path string, form Submission, problems *problems) (*results, error) {
	if table, err := form.isTable(path); err != nil || table {
		if err != nil {
			return nil, err
		}
		return readTable(ctx, path, problems)
	}
	file, err := jsonscan.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	file.Limit = maxResult
	r := resultsReader{results: &results{path: path, answerOf: map[string]int{}, problems: problems}, file: file}
	var bad func(error) error
	if problems.partial {
		bad = func(err error) error { problems.add(Unreadable, "", err); return nil }
	}
	if err := file.Records(ctx, r.read, bad); err != nil {
		return nil, err
	}
	return r.results, nil
}

// read reads a record. What is wrong in its values is counted if the evaluation is partial, also in
// a list, since the reading can continue behind it.
func (r *resultsReader) read(s *jsonscan.Scanner) error {
	r.record = result{line: r.file.Line(), edges: -1}
	if err := r.record.read(s); err != nil {
		return err
	}
	err := r.add(&r.record)
	if err == nil || !r.problems.partial {
		return err
	}
	r.problems.add(Unreadable, "", fmt.Errorf("%s line %d: %w", r.path, r.record.line, err))
	return nil
}

func (r *result) read(s *jsonscan.Scanner) error {
	return s.Object(func(name []byte) (err error) {
		switch string(name) {
		case "image_id":
			r.image, err = readValue(s)
		case "id":
			r.id, err = readValue(s)
		case "category_id":
			r.category, err = readValue(s)
		case "score":
			r.score, err = readValue(s)
		case "prediction":
			r.text, err = readValue(s)
		case "error":
			r.failure, err = readValue(s)
		default:
			err = r.member(name, s)
		}
		return err
	})
}

// member reads a box or a mask, and skips other members.
func (r *result) member(name []byte, s *jsonscan.Scanner) (err error) {
	switch string(name) {
	case "bbox":
		r.edges, err = readBox(s, &r.box)
	case "segmentation":
		r.mask, err = readMask(s)
	default:
		err = s.Skip()
	}
	return err
}

// given reports whether there is a box or a mask.
func (r *result) given() bool { return r.edges >= 0 || r.mask.given }

// found returns the box and the mask of a record that has one object.
func (r *result) found() ([]detection.Detection, error) {
	d := detection.Detection{Box: r.box}
	if r.mask.given {
		var err error
		if d.Mask, err = r.mask.mask(); err != nil {
			return nil, err
		}
		if r.edges < 0 {
			d.Box, r.edges = d.Mask.Box(), 4
		}
	}
	if err := r.checkBox(); err != nil {
		return nil, err
	}
	return []detection.Detection{d}, nil
}

// checkBox returns an error for a box that cannot be scored.
func (r *result) checkBox() error {
	switch {
	case r.edges != 4:
		return fmt.Errorf("bbox: want four numbers, left, top, width and height, found %d", r.edges)
	case r.box[2] < 0 || r.box[3] < 0:
		return fmt.Errorf("bbox %v has a negative width or height", r.box)
	}
	return nil
}

// readBox reads a list of numbers and returns how many there are: 4 for a box, 0 for an empty list
// and -1 for anything else.
func readBox(s *jsonscan.Scanner, box *detection.Box) (n int, err error) {
	if kind, err := s.Kind(); err != nil || kind != '[' {
		if err != nil {
			return -1, err
		}
		return -1, s.Skip()
	}
	err = s.Array(func() error {
		b, err := s.Number()
		if err == nil && n < len(box) {
			box[n], err = strconv.ParseFloat(string(b), 64)
		}
		n++
		return err
	})
	return n, err
}

// maskText is the run lengths of a mask.
type maskText struct {
	given  bool
	size   [2]int // height and width
	text   string
	counts []uint32
}

// readMask reads an object with size and counts.
func readMask(s *jsonscan.Scanner) (m maskText, err error) {
	kind, err := s.Kind()
	if err != nil {
		return m, err
	}
	if kind != '{' {
		m.given = kind != 'n'
		return m, s.Skip()
	}
	m.given = true
	err = s.Object(func(name []byte) error {
		kind, err := s.Kind()
		switch {
		case err != nil:
			return err
		case string(name) == "size" && kind == '[':
			n := 0
			return s.Array(func() error {
				b, err := s.Number()
				if v, bad := strconv.Atoi(string(b)); err == nil && bad == nil && n < len(m.size) {
					m.size[n] = v
				}
				n++
				return err
			})
		case string(name) == "counts" && kind == '"':
			b, err := s.String()
			m.text = string(b)
			return err
		case string(name) == "counts" && kind == '[':
			return s.Array(func() error {
				b, err := s.Number()
				if err != nil {
					return err
				}
				v, err := strconv.ParseUint(string(b), 10, 32)
				m.counts = append(m.counts, uint32(v))
				return err
			})
		}
		return s.Skip()
	})
	return m, err
}

// mask returns the mask of the runs.
func (m *maskText) mask() (*detection.Mask, error) {
	switch {
	case m.text != "":
		return detection.ParseMask(m.text, m.size[0], m.size[1])
	case m.counts != nil:
		return detection.NewMask(m.counts, m.size[0], m.size[1])
	}
	return nil, fmt.Errorf(`segmentation: want run lengths, an object with "size" and "counts"`)
}

// add adds a record.
func (r *resultsReader) add(of *result) error {
	isObject := of.category.given() || of.given()
	if !of.image.given() && !isObject {
		of.image = of.id
	}
	image, err := idOf(of.image, "image_id")
	if err != nil {
		return err
	}
	if !isObject {
		return r.addAnswer(of, image)
	}
	category, err := idOf(of.category, "category_id")
	if err != nil {
		return fmt.Errorf("image %s: %w", image, err)
	}
	o := object{image: int32(r.images.of(image))}
	o.Category, o.Score = int32(r.categories.of(category)), of.score.number()
	if int(o.image) == len(r.imageAt) {
		r.imageAt = append(r.imageAt, of.line)
	}
	if int(o.Category) == len(r.categoryAt) {
		r.categoryAt = append(r.categoryAt, of.line)
	}
	if err := r.shape(&o, of); err != nil {
		return fmt.Errorf("image %s, category %s: %w", image, category, err)
	}
	r.objects = append(r.objects, o)
	return nil
}

// shape sets the box, the mask and the area of an object. As in pycocotools the first one of a file
// decides whether areas are those of boxes or of masks.
func (r *resultsReader) shape(o *object, of *result) (err error) {
	hasBox := of.edges > 0
	if of.mask.given {
		if o.Mask, err = of.mask.mask(); err != nil {
			return err
		}
	}
	if len(r.objects) == 0 {
		r.boxed, r.masked = hasBox, of.mask.given
	}
	if hasBox {
		if err := of.checkBox(); err != nil {
			return err
		}
	}
	switch {
	case o.Score != o.Score || math.IsInf(o.Score, 0):
		return fmt.Errorf("score: want a finite number, found %q", of.score.text)
	case len(r.objects) == 0 && !hasBox && o.Mask == nil:
		return fmt.Errorf("neither bbox nor segmentation")
	case r.boxed && !hasBox:
		return fmt.Errorf("no bbox, which the first result has")
	case !r.boxed && o.Mask == nil:
		return fmt.Errorf("no segmentation, which the first result has")
	}
	if hasBox {
		o.Box, o.Area = of.box, of.box.Area()
	}
	if !r.boxed {
		o.Area = float64(o.Mask.Area())
		if !hasBox {
			o.Box = o.Mask.Box()
		}
	}
	if math.IsInf(o.Area, 0) {
		return fmt.Errorf("bbox %v has no finite area", of.box)
	}
	return nil
}

// addAnswer adds an answer about an image.
func (r *resultsReader) addAnswer(of *result, image string) error {
	a := answer{Prediction: Prediction{ID: image, Text: of.text.text, Error: of.failure.text, Line: of.line}, score: 1}
	if of.score.given() {
		if a.score = of.score.number(); a.score != a.score {
			return fmt.Errorf("image %s: score: want a number, found %q", image, of.score.text)
		}
	}
	if at, twice := r.answerOf[image]; twice {
		return r.problems.check(Double, image, func() error {
			return fmt.Errorf("a second prediction for image %s, after line %d", image, r.answers[at].Line)
		})
	}
	switch {
	case a.Error != "":
		r.problems.add(Failed, image, nil)
	case !of.text.given():
		return fmt.Errorf(`image %s has neither "category_id" with "bbox" or "segmentation" nor "prediction"`, image)
	case of.text.kind != '"':
		return fmt.Errorf(`image %s: field "prediction" holds %s where a string belongs`, image, kinds[of.text.kind])
	}
	r.answerOf[image] = len(r.answers)
	r.answers = append(r.answers, a)
	return nil
}

// number returns the number in a value, NaN for anything else.
func (v value) number() float64 {
	n, err := strconv.ParseFloat(v.text, 64)
	if err != nil || v.kind != '0' {
		return math.NaN()
	}
	return n
}

// idOf returns the id in a value in its normal form.
func idOf(v value, name string) (string, error) {
	switch {
	case !v.given() || v.text == "":
		return "", fmt.Errorf("no %q", name)
	case v.kind == '"':
		return strings.TrimSpace(v.text), nil
	case v.kind == '0' && strings.Trim(v.text, "-0123456789") == "":
		return v.text, nil
	case v.kind == '0':
		if whole := v.number(); whole == math.Trunc(whole) && math.Abs(whole) < 1<<53 {
			return strconv.FormatInt(int64(whole), 10), nil
		}
	}
	return "", fmt.Errorf("%s: want a whole number or a string, found %s", name, v.text)
}
