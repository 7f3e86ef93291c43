package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/shards"
)

// Record is what a benchmark's files say of an image or of one question about it, without the
// image. [Annotations] yields records.
type Record struct {
	// Sample has no images and no boxes. The answers of its questions include empty ones, which a
	// dataset leaves out, and its captions the white space around them. Captions are those by which
	// the owner scores, also if two are equal.
	Sample shards.Sample
	// Scene is what is marked in the image, in benchmarks of boxes and masks; otherwise nil.
	Scene *Scene
	// ID is the name that the owner's servers use for the image, if it is not the sample's key.
	ID string
	// Fields are further fields of the questions.
	Fields []Field
	// LeftOut counts what could not be read.
	LeftOut []shards.LeftOut
}

// Field is a field of a question that [shards.Question] does not have, under the name that the
// owner of the files gives it. A list is written as a JSON list of strings. In a dataset the field
// is in the metadata of the sample, under NAME/QUESTION.
type Field struct {
	Question string // its id
	Name     string
	Value    string
}

// Annotations yields the records of a benchmark's files, in their order, without reading images.
// Questions are yielded one by one, captions and boxes by image. A record that cannot be read
// yields an error, after which the iteration continues unless the file ends there. A record is
// valid until the next one.
func Annotations(ctx context.Context, o Options) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		o.withoutImages = true
		l, err := o.layout()
		if err == nil {
			err = l.fits(o.Annotations)
		}
		if err != nil {
			yield(Record{}, err)
			return
		}
		records := l.records
		if records == nil {
			records = recordsOf(l.read)
		}
		records(ctx, o)(yield)
	}
}

// recordsOf returns the reader of records of a reader of items.
func recordsOf(r read) func(context.Context, Options) iter.Seq2[Record, error] {
	return func(ctx context.Context, o Options) iter.Seq2[Record, error] {
		return func(yield func(Record, error) bool) {
			for i, err := range r(ctx, o) {
				if i.aside && err == nil && len(i.left) == 0 {
					continue
				}
				if !yield(Record{Sample: i.sample, ID: i.id, Fields: i.fields, LeftOut: i.left}, err) || errors.Is(err, errBroken) {
					return
				}
			}
		}
	}
}

// layout returns the layout of the options after checking the files that are not images.
func (o *Options) layout() (layout, error) {
	l, ok := layoutOf(o.Layout)
	if !ok {
		return layout{}, fmt.Errorf("no benchmark %q; known are %s", o.Layout, strings.Join(Layouts(), ", "))
	}
	if err := input.Local(o.Annotations, o.Questions, o.Classes, o.Labels, o.Hierarchy, o.Instances); err != nil {
		return layout{}, err
	}
	o.defaults()
	if info, err := os.Stat(o.Annotations); o.Layout == "easyvqa" && err == nil && info.IsDir() {
		o.Images = o.Annotations
	}
	return l, o.checkFiles(slices.DeleteFunc(o.files(), func(f optionFile) bool { return f.flag == "images" }))
}
