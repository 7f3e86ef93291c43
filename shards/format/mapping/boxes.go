package mapping

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// BadBoxes is the reject reason of a row whose columns of boxes do not have the same length.
const BadBoxes = "boxes"

// BoxFormats are the meanings that the four numbers of a box may have: xywh as in COCO, xyxy as in
// Pascal VOC, yxyx as in TensorFlow Datasets. If all numbers of an image are at most 1, they are
// fractions of its sides, otherwise pixels.
var BoxFormats = []string{"xywh", "xyxy", "yxyx"}

// boxes are the columns with boxes in a plan.
type boxes struct {
	column, labels string
	edges          [4]string // y0, x0, y1, x1
	label          string    // of the edges
	format         string    // of boxes in pixels: the named format, or that of the observed rows
}

func (b *boxes) has() bool { return b.column != "" || b.edges[0] != "" }

// HasBoxes reports whether there are columns with boxes. If so, call [Plan.Observe] with some rows.
func (p *Plan) HasBoxes() bool { return p.box.has() }

// takes reports whether boxes are made from a column's values.
func (b *boxes) takes(column string) bool {
	return column == b.column || column == b.labels && b.column != "" || b.edges[0] != "" && (slices.Contains(b.edges[:], column) || column == b.label)
}

func (p *Plan) checkBoxFormat() error {
	if p.BoxFormat != "" && !slices.Contains(BoxFormats, p.BoxFormat) {
		return fmt.Errorf("the format of boxes is %q: it is one of %s", p.BoxFormat, strings.Join(BoxFormats, ", "))
	}
	return nil
}

// boxesOf finds the columns with boxes.
func (p *Plan) boxesOf(columns []string) (b boxes) {
	b.format = p.BoxFormat
	if p.Boxes != "" {
		b.column = p.Boxes
		return b
	}
	slices.Sort(columns)
	for _, column := range columns {
		name := strings.ToLower(column)
		switch p.use(column) {
		case isBoxes:
			if b.column == "" || slices.Index(boxNames, name) < slices.Index(boxNames, strings.ToLower(b.column)) {
				b.column = column
			}
		case isBoxEdge:
			b.edges[slices.Index(edgeNames, name)] = column
		case isBoxLabel:
			if name == edgeLabel {
				b.label = column
			} else {
				b.labels = column
			}
		}
	}
	return b
}

// boxes adds the row's boxes.
func (r *row) boxes() {
	r.edges()
	column, value := r.box.column, Lookup(r.values, r.box.column)
	if column == "" || value == nil {
		return
	}
	labels := r.values[r.box.labels]
	if at := strings.LastIndexByte(column, '/'); labels == nil && at > 0 {
		for _, name := range innerLabels {
			if labels == nil {
				labels = Lookup(r.values, column[:at+1]+name)
			}
		}
	}
	if fields, ok := structOf(value); ok {
		boxField, labelField := nameOf(fields, innerBoxes), nameOf(fields, innerLabels)
		r.rest(column, value, func(name string) bool { return boxField != "" && (name == boxField || name == labelField) })
		if boxField == "" {
			return
		}
		value, labels = fields[boxField], fields[labelField]
	}
	numbers, ok := fours(value)
	if !ok {
		if value != nil {
			r.leave(shards.LeftBox, column, 1)
		}
		return
	}
	r.place(column, numbers, list(labels))
}

// Fields of a struct of boxes; the first that exists is used.
var (
	innerBoxes  = []string{"bbox", "boxes", "bboxes", "box"}
	innerLabels = []string{"category", "label", "categories", "labels", "class", "class_name", "name", "category_id", "label_id"}
)

func nameOf(fields map[string]any, names []string) string {
	for _, name := range names {
		if fields[name] != nil {
			return name
		}
	}
	return ""
}

// structOf returns a struct of lists. It turns a list of structs into one.
func structOf(value any) (map[string]any, bool) {
	switch v := value.(type) {
	case map[string]any:
		return v, true
	case []any:
		all := map[string]any{}
		for i, element := range v {
			fields, ok := element.(map[string]any)
			if !ok {
				return nil, false
			}
			for name, inner := range fields {
				column, _ := all[name].([]any)
				for len(column) < i {
					column = append(column, nil)
				}
				all[name] = append(column, inner)
			}
		}
		return all, len(v) > 0
	}
	return nil, false
}

// fours returns boxes of four numbers each, from a list of lists or a single list of numbers.
func fours(value any) (all [][4]float64, ok bool) {
	elements, isList := value.([]any)
	if !isList {
		return nil, false
	}
	if len(elements) > 0 {
		if fields, isStruct := elements[0].(map[string]any); isStruct { // TensorFlow Datasets in Parquet
			if _, has := fields["ymin"]; !has {
				return nil, false
			}
		}
	}
	var flat []float64
	for _, element := range elements {
		switch v := element.(type) {
		case []any:
			if len(v) != 4 {
				return nil, false
			}
			for _, inner := range v {
				n, isNumber := number(inner)
				if !isNumber {
					return nil, false
				}
				flat = append(flat, n)
			}
		case map[string]any:
			for _, name := range []string{"ymin", "xmin", "ymax", "xmax"} {
				n, isNumber := number(v[name])
				if !isNumber {
					return nil, false
				}
				flat = append(flat, n)
			}
		default:
			n, isNumber := number(v)
			if !isNumber {
				return nil, false
			}
			flat = append(flat, n)
		}
	}
	for four := range slices.Chunk(flat, 4) {
		if len(four) < 4 {
			return nil, false
		}
		all = append(all, [4]float64(four))
	}
	return all, true
}

// fractions reports whether all numbers are fractions.
func fractions(all [][4]float64) bool {
	for _, box := range all {
		for _, n := range box {
			if n > 1 {
				return false
			}
		}
	}
	return true
}

// place adds boxes and converts them to fractions of the image.
func (r *row) place(column string, all [][4]float64, labels []any) {
	if len(all) == 0 {
		return
	}
	format, width, height := r.box.format, 1.0, 1.0
	if fractions(all) {
		if format == "" || r.BoxFormat == "" {
			format = "yxyx" // TensorFlow Datasets is the only source with fractions
		}
	} else {
		if format == "" { // no row was observed
			r.leave(shards.LeftBox, column+": in pixels, see --box-format", len(all))
			return
		}
		if width, height = r.size(); width == 0 || height == 0 {
			r.leave(shards.LeftBox, column+": boxes in pixels of an image of unknown size", len(all))
			return
		}
		if r.BoxFormat == "" && !fits(all, format, width, height) {
			r.leave(shards.LeftBox, column+": not "+format+" in the image, see --box-format", len(all))
			return
		}
	}
	for i, four := range all {
		b := edgesOf(four, format)
		box := shards.Box{Y0: float32(b[0] / height), X0: float32(b[1] / width), Y1: float32(b[2] / height), X1: float32(b[3] / width)}
		if i < len(labels) {
			box.Label, _ = Scalar(labels[i], true)
		}
		r.addBox(column, box)
	}
}

// edgesOf returns y0, x0, y1, x1.
func edgesOf(four [4]float64, format string) [4]float64 {
	switch format {
	case "xywh":
		return [4]float64{four[1], four[0], four[1] + four[3], four[0] + four[2]}
	case "xyxy":
		return [4]float64{four[1], four[0], four[3], four[2]}
	}
	return four
}

// fits reports whether boxes in pixels lie within their image, with a tolerance of one pixel.
func fits(all [][4]float64, format string, width, height float64) bool {
	for _, four := range all {
		b := edgesOf(four, format)
		if !(b[0] >= -1 && b[1] >= -1 && b[2] <= height+1 && b[3] <= width+1 && b[2] >= b[0] && b[3] >= b[1]) {
			return false
		}
	}
	return true
}

// addBox clips a box to the image and adds it if an area is left.
func (r *row) addBox(column string, box shards.Box) {
	for _, edge := range []*float32{&box.Y0, &box.X0, &box.Y1, &box.X1} {
		if math.IsNaN(float64(*edge)) || math.IsInf(float64(*edge), 0) {
			r.leave(shards.LeftBox, column, 1)
			return
		}
		*edge = min(max(*edge, 0), 1)
	}
	if box.Y1 <= box.Y0 || box.X1 <= box.X0 {
		r.leave(shards.LeftBox, column, 1)
		return
	}
	box.Label = strings.ToValidUTF8(box.Label, "\uFFFD")
	r.sample.Boxes = append(r.sample.Boxes, box)
}

// size returns the size of the row's image in pixels, from its header or else the row's columns.
func (r *row) size() (width, height float64) {
	if len(r.sample.Images) == 1 {
		if info, err := imagefile.Inspect(r.sample.Images[0].Bytes); err == nil {
			return float64(info.Width), float64(info.Height)
		}
	}
	for _, column := range r.names {
		n, _ := number(r.values[column])
		switch name := strings.ToLower(column); {
		case slices.Contains(widthNames, name):
			width = n
		case slices.Contains(heightNames, name):
			height = n
		}
	}
	return width, height
}

// edges adds boxes whose edges are in separate columns.
func (r *row) edges() {
	if r.box.edges[0] == "" {
		return
	}
	var edges [4][]any
	labels := list(r.values[r.box.label])
	for i, column := range r.box.edges {
		edges[i] = list(r.values[column])
		if len(edges[i]) != len(edges[0]) || len(labels) > 0 && len(labels) != len(edges[i]) {
			r.reject(BadBoxes, fmt.Errorf("column %s has %d values, %s has %d and %s %d", edgeNames[i], len(edges[i]), edgeNames[0], len(edges[0]), edgeLabel, len(labels)))
			return
		}
	}
	for i := range edges[0] {
		var four [4]float64
		for e := range edges {
			n, isNumber := number(edges[e][i])
			if !isNumber {
				n = math.NaN()
			}
			four[e] = n
		}
		box := shards.Box{Y0: float32(four[0]), X0: float32(four[1]), Y1: float32(four[2]), X1: float32(four[3])}
		if len(labels) > 0 {
			box.Label, _ = Scalar(labels[i], true)
		}
		r.addBox(r.box.edges[0], box)
	}
}

// Observe looks at a row before any is mapped, to find the format of boxes in pixels. It assumes
// COCO's, which Hugging Face documents for its datasets, unless a box would then lie outside its
// image. It is not safe for concurrent use.
func (p *Plan) Observe(values map[string]any) {
	if p.BoxFormat != "" || p.box.column == "" || p.box.format == "xyxy" {
		return
	}
	r := p.row(values, &shards.Sample{})
	value := Lookup(values, p.box.column)
	if fields, ok := structOf(value); ok {
		value = oneOf(fields, innerBoxes)
	}
	all, ok := fours(value)
	if !ok || len(all) == 0 || fractions(all) {
		return
	}
	r.images()
	width, height := r.size()
	if width == 0 || height == 0 {
		return
	}
	if p.box.format == "" {
		p.box.format = "xywh"
	}
	if !fits(all, "xywh", width, height) && fits(all, "xyxy", width, height) {
		p.box.format = "xyxy"
	}
}
