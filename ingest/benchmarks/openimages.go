package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

var openImagesColumns = []string{"ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"}

// readOpenImages reads Open Images' *-annotations-bbox.csv, in which the boxes of an image are in
// consecutive rows. A file in another order is gathered by image first. Classes is
// class-descriptions-boxable.csv, which names the labels.
func readOpenImages(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		c := &openClasses{given: o.Classes != "", file: baseName(o.Classes)}
		if err := c.read(ctx, o.Classes); err != nil {
			yield(item{}, err)
			return
		}
		var all iter.Seq2[item, error] = func(yield func(item, error) bool) { openRows(ctx, o.Annotations, c, yield) }
		if inOrder(ctx, o.Annotations) {
			all = together(all)
		} else {
			all = gathered(all)
		}
		for i, err := range all {
			if !i.aside {
				i.images = [][]string{openImagesNames(i.sample.Key, "train", "validation", "test")}
			}
			if !yield(i, err) {
				return
			}
		}
	}
}

// inOrder reports whether the ids of a file ascend, so that the boxes of an image are together.
func inOrder(ctx context.Context, file string) bool {
	last := ""
	for row, err := range csvRows(ctx, file, openImagesColumns...) {
		if err != nil {
			continue // reported by the second reading
		}
		id := row.column(0)
		if id < last {
			return false
		}
		last = id
	}
	return true
}

// openRows yields the boxes of a file one by one, then the things left out of all.
func openRows(ctx context.Context, file string, c *openClasses, yield func(item, error) bool) {
	for row, err := range csvRows(ctx, file, openImagesColumns...) {
		i := item{}
		if err == nil {
			i, err = openBox(&row, c)
		}
		if !yield(i, err) {
			return
		}
	}
	if left := c.unnamed(); len(left) > 0 {
		yield(asideOf(left), nil)
	}
}

// openBox returns the item of a row.
func openBox(row *csvRow, c *openClasses) (item, error) {
	id, label := row.column(0), row.column(1)
	if id == "" {
		return item{}, fmt.Errorf("line %d: no ImageID", row.line)
	}
	i := item{sample: shards.Sample{Key: id}}
	var edges [4]float64
	for n := range edges {
		edges[n] = parseNumber(row.column(2 + n))
	}
	b := box{Label: c.name(label), Fractions: true, X: edges[0], Width: edges[1] - edges[0], Y: edges[2], Height: edges[3] - edges[2]}
	if wrong := b.wrong(); wrong != "" {
		i.leave(shards.LeftBox, "%s: %s in line %d: %s", id, b.Label, row.line, wrong)
	} else {
		i.boxes = []box{b}
	}
	return i, nil
}

// together merges consecutive items with the same key.
func together(all iter.Seq2[item, error]) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		var current item
		begun := false
		for i, err := range all {
			if err == nil && !i.aside && begun && current.sample.Key == i.sample.Key {
				current.boxes = append(current.boxes, i.boxes...)
				current.left = addLeft(current.left, i.left...)
				continue
			}
			if err != nil { // of one row: further rows of the image may follow
				if !yield(i, err) {
					return
				}
				continue
			}
			if begun && !yield(current, nil) || i.aside && !yield(i, nil) {
				return
			}
			current, begun = i, !i.aside
		}
		if begun {
			yield(current, nil)
		}
	}
}

// openClasses maps labels to names.
type openClasses struct {
	given   bool
	file    string
	names   map[string]string
	missing []shards.LeftOut
}

// read reads the names, which are in the second column.
func (c *openClasses) read(ctx context.Context, file string) error {
	c.names = map[string]string{}
	if file == "" {
		return nil
	}
	var first []string
	for row, err := range csvRows(ctx, file) {
		if errors.Is(err, errBroken) {
			return err
		}
		if err != nil {
			c.missing = addLeft(c.missing, shards.LeftOut{Reason: shards.LeftMetadata, Name: fmt.Sprintf("%s: %v", c.file, err), N: 1})
			continue
		}
		if first == nil {
			first = slices.Clone(row.fields)
		}
		if len(row.fields) >= 2 && strings.HasPrefix(row.fields[0], "/") {
			c.names[row.fields[0]] = strings.TrimSpace(row.fields[1])
		}
	}
	if len(c.names) == 0 {
		return fmt.Errorf("%w: %s names no class: its rows should be as /m/01yrx,Cat, and the first is %.200q", errBroken, c.file, strings.Join(first, ","))
	}
	return nil
}

// name returns the name of a label, or the label if it has none.
func (c *openClasses) name(label string) string {
	if name := c.names[label]; name != "" {
		return name
	}
	why := fmt.Sprintf("label %s has no name in %s", label, c.file)
	if !c.given {
		why = "labels are ids such as " + label + ": name them with --classes"
	}
	for at := range c.missing {
		if c.missing[at].Name == why || !c.given {
			c.missing[at].N++
			return label
		}
	}
	c.missing = addLeft(c.missing, shards.LeftOut{Reason: shards.LeftMetadata, Name: why, N: 1})
	return label
}

// unnamed returns the labels without names and their counts.
func (c *openClasses) unnamed() []shards.LeftOut { return c.missing }
