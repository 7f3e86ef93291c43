// Package benchmarks reads published benchmarks of images and text as sources for package ingest.
// The samples have the images that the annotations name, captions as texts, questions with the
// answers of all annotators, and boxes as fractions of the image.
//
// [Layouts] lists the layouts that can be read, and [New] makes a source for one of them. Tables of
// Hugging Face (Parquet) and VLMEvalKit (TSV) hold their images; others name them. Each file
// of this package holds the layouts of one kind: a struct with the owner's field names, and the
// conversion to a sample. Files of many gigabytes are read piece by piece; what they say of one
// image in several places is gathered in a temporary file.
package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/shards"
)

// Options say where a benchmark's files are.
type Options struct {
	Layout      string // a name of [Layouts]
	Annotations string // the file; for AI2D and SciCap the folder; for easy-VQA, ChartQA, POPE, MME and ImageNet the file or the folder
	Questions   string // the file of questions, if there is a separate one (VQA v2, OK-VQA, ActivityNet-QA, RSVQA); for SciCap the list of figures
	Classes     string // the names of classes (Open Images)
	Labels      string // the labels of images (Open Images), for [Annotations] only
	Hierarchy   string // the hierarchy of classes (Open Images), for [Annotations] only
	Instances   string // boxes and images (RefCOCO). Default: instances.json beside the annotations
	Images      string // the folder of images; empty for easy-VQA's and ImageNet's folder
	Split       string // of the samples whose file does not name one

	withoutImages bool // do not read images that are in the file
}

// Benchmark is the source that reads a benchmark.
type Benchmark struct {
	options Options
	layout  layout
}

// New returns the source for the options, after checking them.
func New(o Options) (*Benchmark, error) {
	l, ok := layoutOf(o.Layout)
	if !ok {
		return nil, fmt.Errorf("no benchmark %q; known are %s", o.Layout, strings.Join(Layouts(), ", "))
	}
	if err := input.Local(o.Annotations, o.Questions, o.Classes, o.Instances, o.Images); err != nil {
		return nil, err
	}
	o.defaults()
	if info, err := os.Stat(o.Annotations); o.Layout == "easyvqa" && err == nil && info.IsDir() {
		if err := o.checkEasyFolder(); err != nil {
			return nil, err
		}
		o.Images = o.Annotations
	}
	if (o.Layout == "imagenet" || o.Layout == "objectnet") && o.Images == "" && o.isFolder() {
		o.Images = o.Annotations
	}
	if o.Images == "" && !l.embeds {
		return nil, errors.New("name the folder of images by --images")
	}
	if err := o.checkFiles(slices.DeleteFunc(o.files(), func(f optionFile) bool { return f.flag == "images" && o.Images == "" })); err != nil {
		return nil, err
	}
	return &Benchmark{o, l}, nil
}

// defaults sets the files that have a default.
func (o *Options) defaults() {
	if o.Layout == "refcoco" && o.Instances == "" {
		o.Instances = filepath.Join(filepath.Dir(o.Annotations), "instances.json")
	}
}

// optionFile is a file or folder that the options name.
type optionFile struct {
	path, flag string
	folder     bool
	layouts    []string // that have it; nil: all
}

func (o Options) files() []optionFile {
	return []optionFile{
		{o.Annotations, "annotations", o.isFolder(), nil},
		{o.Images, "images", true, nil},
		{o.Questions, "questions", false, []string{"vqav2", "okvqa", "activitynet-qa", "rsvqa-lr", "rsvqa-hr", "scicap"}},
		{o.Classes, "classes", false, []string{"openimages-boxes"}},
		{o.Labels, "image-labels", false, []string{"openimages-boxes"}},
		{o.Hierarchy, "hierarchy", false, []string{"openimages-boxes"}},
		{o.Instances, "instances", false, []string{"refcoco"}},
	}
}

// isFolder reports whether the annotations are a folder: of a layout that always or sometimes has
// one.
func (o Options) isFolder() bool {
	if o.Layout == "ai2d" || o.Layout == "scicap" || o.Layout == "objectnet" {
		return true
	}
	if o.Layout == "easyvqa" {
		return o.Images == o.Annotations
	}
	info, err := os.Stat(o.Annotations)
	return slices.Contains([]string{"mme", "chartqa", "pope", "imagenet"}, o.Layout) && err == nil && info.IsDir()
}

// checkFiles returns an error for a file that does not exist or that the layout does not have.
func (o Options) checkFiles(files []optionFile) error {
	for _, given := range files {
		if given.layouts != nil && given.path == "" {
			continue
		}
		if given.layouts != nil && !slices.Contains(given.layouts, o.Layout) {
			return fmt.Errorf("%s has no file of %s: only %s have", o.Layout, given.flag, strings.Join(given.layouts, ", "))
		}
		info, err := os.Stat(given.path)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", given.flag, err)
		case given.folder && !info.IsDir():
			return fmt.Errorf("%s: %s is a file, expected a folder", given.flag, given.path)
		case !given.folder && info.IsDir():
			return fmt.Errorf("%s: %s is a folder, expected a file", given.flag, given.path)
		}
	}
	return nil
}

// Name implements [ingest.Source].
func (b *Benchmark) Name() string { return b.options.Layout + " " + b.options.Annotations }

// Fingerprint implements [ingest.Source].
func (b *Benchmark) Fingerprint() (string, error) {
	o := b.options
	fingerprint := fmt.Sprintf("%+v", struct{ Layout, Annotations, Questions, Classes, Instances, Images, Split string }{o.Layout, o.Annotations, o.Questions, o.Classes, o.Instances, o.Images, o.Split})
	files := []string{b.options.Annotations, b.options.Questions, b.options.Classes, b.options.Instances, b.options.Images}
	if b.options.Layout == "nextqa-oe" {
		files = append(files, secondAnswers(b.options))
	}
	if b.options.Layout == "easyvqa" && b.options.Images == b.options.Annotations {
		for _, split := range easyFolders(b.options.Annotations) {
			files = append(files, filepath.Join(b.options.Annotations, split, "questions.json"), filepath.Join(b.options.Annotations, split, "images"))
		}
	}
	for _, file := range files {
		if file == "" {
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		fingerprint += fmt.Sprintf(" %d %d", info.Size(), info.ModTime().UnixNano())
	}
	return shards.Hash([]byte(fingerprint)), nil
}

// Records implements [ingest.Source].
//
// No images are read for records before the cursor. Origins go by the name of the annotations, not
// by the path that was typed.
func (b *Benchmark) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		name := baseName(b.options.Annotations)
		var root *os.Root
		if b.options.Images != "" {
			var err error
			if root, err = os.OpenRoot(b.options.Images); err != nil {
				yield(shards.Bad(name, "", ingest.Unreadable, err))
				return
			}
			defer root.Close()
		}
		number := int64(0)
		for item, err := range b.items(ctx) {
			if number++; number <= n {
				continue
			}
			item.withoutEmpty()
			if !b.layout.spaces {
				item.trimmed()
			}
			item.describe()
			record := shards.Record{Origin: fmt.Sprintf("%s record %d", name, number), Sample: item.sample}
			switch {
			case err != nil:
				record.Reason, record.Err = ingest.BadRow, err
			case item.aside:
				record = shards.Aside(name)
			default:
				record.Reason, record.Err = item.complete(root, &record.Sample, b.options)
			}
			record.LeftOut = item.left
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// items yields the benchmark's items, or an error if the file is of another layout.
func (b *Benchmark) items(ctx context.Context) iter.Seq2[item, error] {
	if err := b.layout.fits(b.options.Annotations); err != nil {
		return func(yield func(item, error) bool) { yield(item{}, err) }
	}
	return b.layout.items(ctx, b.options)
}

// baseName returns the last element of a path, the same for every spelling of the path.
func baseName(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return filepath.Base(path)
}
