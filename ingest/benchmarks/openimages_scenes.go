package benchmarks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

// openScenes yields a record for each image of Open Images' *-annotations-bbox.csv and of the file
// of labels, in the order of their ids. Boxes are in fractions of an image of 1 by 1, groups
// (IsGroupOf) have Crowd, and Absent are the classes about which people labelled the image, by yes
// or no. With a hierarchy of classes, boxes and labels are expanded along it, as the owner's
// oid_hierarchical_labels_expansion.py does.
func openScenes(ctx context.Context, o Options) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		r := openReader{options: o, names: &openClasses{given: o.Classes != "", file: baseName(o.Classes)}, classes: map[string]int32{}, at: map[string]int{}, yield: yield}
		if err := r.prepare(ctx); err != nil {
			yield(Record{}, err)
			return
		}
		if !r.readBoxes(ctx) || !r.readLabels(ctx) {
			return
		}
		slices.SortFunc(r.images, func(a, b Record) int { return cmp.Compare(a.ID, b.ID) })
		for n := range r.images {
			r.images[n].Scene.Categories = r.categories
			if !yield(r.images[n], nil) {
				return
			}
		}
		if left := r.names.unnamed(); len(left) > 0 {
			yield(Record{LeftOut: left}, nil)
		}
	}
}

// openReader gathers boxes and labels by image.
type openReader struct {
	options    Options
	names      *openClasses
	hierarchy  *openHierarchy // nil: nothing is expanded
	categories []Category
	classes    map[string]int32 // by id
	images     []Record
	at         map[string]int // by id
	yield      func(Record, error) bool
}

// prepare reads the names of classes and the hierarchy.
func (r *openReader) prepare(ctx context.Context) (err error) {
	if err = r.names.read(ctx, r.options.Classes); err != nil {
		return err
	}
	for _, id := range sortedKeys(r.names.names) {
		r.class(id)
	}
	if r.options.Hierarchy != "" {
		r.hierarchy, err = readOpenHierarchy(r.options.Hierarchy)
	}
	return err
}

// class returns the number of a class.
func (r *openReader) class(id string) int32 {
	n, known := r.classes[id]
	if !known {
		n = int32(len(r.categories))
		r.classes[id] = n
		r.categories = append(r.categories, Category{ID: id, Name: r.names.name(id)})
	}
	return n
}

// scene returns the scene of an image.
func (r *openReader) scene(id string) *Scene {
	n, known := r.at[id]
	if !known {
		n = len(r.images)
		r.at[id] = n
		r.images = append(r.images, Record{Sample: shards.Sample{Key: id, Split: r.options.Split}, ID: id, Scene: &Scene{Height: 1, Width: 1}})
	}
	return r.images[n].Scene
}

// readBoxes reads the boxes. It returns false if reading must stop.
func (r *openReader) readBoxes(ctx context.Context) bool {
	for row, err := range csvRows(ctx, r.options.Annotations, openImagesColumns...) {
		if err == nil {
			err = r.addBox(&row)
		}
		if err != nil && (!r.yield(Record{}, err) || errors.Is(err, errBroken)) {
			return false
		}
	}
	return true
}

func (r *openReader) addBox(row *csvRow) error {
	id, label := row.column(0), row.column(1)
	if id == "" || label == "" {
		return fmt.Errorf("line %d: no ImageID or LabelName", row.line)
	}
	var edges [4]float64 // XMin, XMax, YMin, YMax
	for n := range edges {
		if edges[n] = parseNumber(row.column(2 + n)); math.IsNaN(edges[n]) || math.IsInf(edges[n], 0) {
			return fmt.Errorf("line %d: %s is %.40q, want a number from 0 to 1", row.line, openImagesColumns[2+n], row.column(2+n))
		}
	}
	group, err := openFlag(row.field("IsGroupOf"))
	if err != nil {
		return fmt.Errorf("line %d: IsGroupOf: %w", row.line, err)
	}
	region := Region{Box: [4]float64{edges[0], edges[2], edges[1] - edges[0], edges[3] - edges[2]}, Crowd: group}
	region.Area = region.Box[2] * region.Box[3]
	if wrong := region.wrong(); wrong != "" {
		return fmt.Errorf("line %d: %s", row.line, wrong)
	}
	classes := []string{label}
	if r.hierarchy != nil {
		above, known := r.hierarchy.above[label]
		if !known {
			return fmt.Errorf("line %d: the class %s is not in the hierarchy %s", row.line, label, baseName(r.options.Hierarchy))
		}
		classes = append(classes, above...)
	}
	scene := r.scene(id)
	for _, class := range classes {
		region.Category = r.class(class)
		scene.Regions = append(scene.Regions, region)
	}
	return nil
}

// openFlag reads 0, 1 or nothing. -1, which older files have, is unknown and taken as 0.
func openFlag(text string) (bool, error) {
	switch text = strings.TrimSpace(text); text {
	case "", "0", "0.0", "-1":
		return false, nil
	case "1", "1.0":
		return true, nil
	}
	return false, fmt.Errorf("found %.40q, want 0 or 1", text)
}

// readLabels reads the labels of images. It returns false if reading must stop.
func (r *openReader) readLabels(ctx context.Context) bool {
	if r.options.Labels == "" {
		return r.yield(Record{}, fmt.Errorf("no file of labels (--image-labels): which classes people looked for in an image is unknown, and only detections of classes that have a box there count"))
	}
	for row, err := range csvRows(ctx, r.options.Labels, "ImageID", "LabelName", "Confidence") {
		if err == nil {
			err = r.addLabel(&row)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", baseName(r.options.Labels), err)
			if !r.yield(Record{}, err) || errors.Is(err, errBroken) {
				return false
			}
		}
	}
	return true
}

func (r *openReader) addLabel(row *csvRow) error {
	id, label := row.column(0), row.column(1)
	if id == "" || label == "" {
		return fmt.Errorf("line %d: no ImageID or LabelName", row.line)
	}
	confidence, err := strconv.ParseFloat(strings.TrimSpace(row.column(2)), 64)
	if err != nil {
		return fmt.Errorf("line %d: Confidence is %.40q, want 0 or 1", row.line, row.column(2))
	}
	classes := []string{label}
	if r.hierarchy != nil {
		more, known := r.hierarchy.below[label]
		if int(confidence) == 1 {
			more, known = r.hierarchy.above[label]
		}
		if !known {
			return fmt.Errorf("line %d: the class %s is not in the hierarchy %s", row.line, label, baseName(r.options.Hierarchy))
		}
		classes = append(classes, more...)
	}
	scene := r.scene(id)
	for _, class := range classes {
		if n := r.class(class); !slices.Contains(scene.Absent, n) {
			scene.Absent = append(scene.Absent, n)
		}
	}
	return nil
}

// openHierarchy holds the classes above and below each class. A class with several parents is
// listed below each of them, and theirs above it as often as the owner's program lists them.
type openHierarchy struct{ above, below map[string][]string }

// openNode is a node of bbox_labels_600_hierarchy.json.
type openNode struct {
	Label string     `json:"LabelName"`
	Below []openNode `json:"Subcategory"`
}

// maxOpenDepth bounds the depth of a hierarchy, and maxOpenNodes its classes; Open Images' have 5
// and 600.
const (
	maxOpenDepth = 50
	maxOpenNodes = 100_000
)

func readOpenHierarchy(file string) (*openHierarchy, error) {
	root, err := load[openNode](file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	h := &openHierarchy{map[string][]string{}, map[string][]string{}}
	if len(root.Below) == 0 {
		return nil, fmt.Errorf("%w: %s has no Subcategory: it is no hierarchy of classes such as bbox_labels_600_hierarchy.json", errBroken, baseName(file))
	}
	left := maxOpenNodes
	for _, child := range root.Below { // the root is no class
		part, _, err := expandNode(&child, maxOpenDepth, &left)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errBroken, baseName(file), err)
		}
		h.merge(part)
	}
	return h, nil
}

// expandNode returns the hierarchy of a node, and its classes, itself first.
func expandNode(n *openNode, depth int, left *int) (*openHierarchy, []string, error) {
	if *left--; depth == 0 || *left < 0 || n.Label == "" {
		return nil, nil, errors.New("a node without LabelName, or too many of them")
	}
	h := &openHierarchy{map[string][]string{}, map[string][]string{}}
	var all []string
	for i := range n.Below {
		part, classes, err := expandNode(&n.Below[i], depth-1, left)
		if err != nil {
			return nil, nil, err
		}
		h.merge(part)
		all = append(all, classes...)
	}
	h.below[n.Label] = all
	for class := range h.above {
		h.above[class] = append(h.above[class], n.Label)
	}
	h.above[n.Label] = nil
	return h, append([]string{n.Label}, all...), nil
}

func (h *openHierarchy) merge(part *openHierarchy) {
	for class, above := range part.above {
		h.above[class] = append(h.above[class], above...)
	}
	for class, below := range part.below {
		h.below[class] = append(h.below[class], below...)
	}
}
