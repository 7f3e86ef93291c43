// Package benchmarks reads benchmarks of images and text as their owners publish them, into the samples of package
// ingest: the pictures beside the annotations, captions as texts, questions with every annotator's answer, boxes as fractions
// of the picture.
//
// [Layouts] lists what is known. [New] makes a source of one. A file of this package holds the layouts of one kind; each
// is a struct with the owner's field names and what becomes of them. Files of many gigabytes are read piece by piece, and what belongs
// together is gathered in a temporary file.
package benchmarks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/picture"
	"github.com/pali3/pali3/shards"
)

// Options say where a benchmark's files are.
type Options struct {
	Layout      string // a name of [Layouts]
	Annotations string // the file, or for AI2D the folder
	Questions   string // where questions have a file of their own (VQA v2, OK-VQA)
	Classes     string // the names of classes (Open Images)
	Instances   string // boxes and images (RefCOCO); default instances.json beside the annotations
	Images      string // the folder of pictures
	Split       string // where the files do not say
}

// item is a record before its pictures are read.
type item struct {
	sample shards.Sample
	images []string // below the folder of pictures: for each picture the names that it may have, separated by |
	frames string   // or a folder there, whose pictures are the frames
	boxes  []box
}

// box is a labelled region in pixels of the first picture.
type box struct {
	Label         string
	X, Y          float64
	Width, Height float64
	Fractions     bool     `json:",omitempty"` // of width and height, in place of pixels
	Outline       *outline `json:",omitempty"` // of the object
}

// read yields a benchmark's items.
type read func(ctx context.Context, o Options) iter.Seq2[item, error]

// Layouts are the benchmarks by name.
func Layouts() []string {
	var names []string
	for name := range layouts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var layouts = map[string]read{
	"coco-captions": readCOCO, "coco-instances": readCOCO, "nocaps": readCOCO, "karpathy": readKarpathy,
	"vqav2": readVQA, "okvqa": readVQA, "vizwiz": readVizWiz, "gqa": readGQA, "tallyqa": readTallyQA,
	"textvqa": readTextVQA, "textcaps": readTextCaps, "stvqa": readTextVQA, "docvqa": readTextVQA, "infovqa": readTextVQA,
	"ocrvqa": readOCRVQA, "chartqa": readChartQA, "ai2d": readAI2D, "scienceqa": readScienceQA,
	"xm3600": readXM3600, "vg-regions": readVGRegions, "vg-questions": readVGQuestions, "vg-objects": readVGObjects,
	"easyvqa": readEasyVQA, "openimages-boxes": readOpenImages, "localized-narratives": readNarratives, "nlvr2": readNLVR2,
	"cc3m-35l": readCC3M35L, "coco-35l": readCOCO35L, "refcoco": readRefCOCO,
	"screen2words": readScreen2Words, "widgetcap": readWidgetCap, "msrvtt": readMSRVTT, "activitynet": readActivityNet,
}

// Benchmark is a source.
type Benchmark struct {
	options Options
	read    read
}

// New checks the options.
func New(o Options) (*Benchmark, error) {
	read, ok := layouts[o.Layout]
	if !ok {
		return nil, fmt.Errorf("no benchmark %q; known are %s", o.Layout, strings.Join(Layouts(), ", "))
	}
	if err := ingest.Local(o.Annotations, o.Questions, o.Classes, o.Instances, o.Images); err != nil {
		return nil, err
	}
	for _, file := range []string{o.Annotations, o.Images} {
		if _, err := os.Stat(file); err != nil {
			return nil, err
		}
	}
	return &Benchmark{o, read}, nil
}

// Name implements [ingest.Source].
func (b *Benchmark) Name() string { return b.options.Layout + " " + b.options.Annotations }

// Fingerprint implements [ingest.Source].
func (b *Benchmark) Fingerprint() (string, error) {
	print := fmt.Sprintf("%+v", b.options)
	for _, file := range []string{b.options.Annotations, b.options.Questions, b.options.Classes, b.options.Instances, b.options.Images} {
		if file == "" {
			continue
		}
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		print += fmt.Sprintf(" %d %d", info.Size(), info.ModTime().UnixNano())
	}
	return shards.Hash([]byte(print)), nil
}

// Records implements [ingest.Source].
func (b *Benchmark) Records(ctx context.Context) iter.Seq[shards.Record] {
	return b.RecordsAfter(ctx, 0)
}

// RecordsAfter implements [ingest.Skipper]: no pictures of the first n records are read.
func (b *Benchmark) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(b.options.Images)
		if err != nil {
			yield(shards.Bad(b.options.Images, "", ingest.Unreadable, err))
			return
		}
		defer root.Close()
		number := int64(0)
		for item, err := range b.read(ctx, b.options) {
			if number++; number <= n {
				continue
			}
			record := shards.Record{Origin: fmt.Sprintf("%s record %d", b.options.Annotations, number), Sample: item.sample}
			if err != nil {
				record.Reason, record.Err = ingest.BadRow, err
			} else {
				record.Reason, record.Err = item.complete(root, &record.Sample, b.options)
			}
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// complete reads the pictures, and makes the boxes fractions of them.
func (i *item) complete(root *os.Root, s *shards.Sample, o Options) (reason string, err error) {
	s.Split = cmp.Or(s.Split, o.Split)
	names := i.images
	if i.frames != "" {
		if names, err = framesOf(root, i.frames); err != nil {
			return ingest.NoImage, err
		}
	}
	for _, name := range names {
		content, reason, err := readPicture(root, name)
		if err != nil {
			return reason, err
		}
		s.Images = append(s.Images, shards.Image{Bytes: content})
	}
	if len(i.boxes) == 0 {
		return "", nil
	}
	info, err := picture.Inspect(s.Images[0].Bytes)
	if err != nil {
		return ingest.BadImage, err
	}
	for _, b := range i.boxes {
		width, height := float64(info.Width), float64(info.Height)
		if b.Fractions {
			width, height = 1, 1
		}
		place := shards.Box{Label: b.Label, Y0: fraction(b.Y / height), X0: fraction(b.X / width),
			Y1: fraction((b.Y + b.Height) / height), X1: fraction((b.X + b.Width) / width)}
		if b.Outline != nil {
			if place.Mask, err = b.mask(info.Height, info.Width); err != nil {
				return ingest.BadRow, fmt.Errorf("box %q: %w", b.Label, err)
			}
		}
		s.Boxes = append(s.Boxes, place)
	}
	return "", nil
}

func fraction(v float64) float32 { return float32(min(max(v, 0), 1)) }

// mask draws the outline on the pixels that the box touches, as a PNG; nil if it covers none of them.
func (b *box) mask(height, width int) ([]byte, error) {
	within := func(v float64, end int) int { return int(min(max(v, 0), float64(end))) }
	part := image.Rect(within(math.Floor(b.X), width), within(math.Floor(b.Y), height),
		within(math.Ceil(b.X+b.Width), width), within(math.Ceil(b.Y+b.Height), height))
	m, err := b.Outline.draw(height, width, part)
	if err != nil {
		return nil, err
	}
	return m.png()
}

// maxPicture is the largest picture, in bytes.
const maxPicture = 256 << 20

// readPicture reads the first of a picture's names that is there.
func readPicture(root *os.Root, names string) (content []byte, reason string, err error) {
	for name := range strings.SplitSeq(names, "|") {
		if name = path.Clean(name); !fs.ValidPath(name) {
			return nil, ingest.Outside, fmt.Errorf("%q is not below the folder of pictures", name)
		}
		info, statErr := root.Stat(name)
		switch {
		case errors.Is(statErr, fs.ErrNotExist):
			continue
		case statErr != nil:
			return nil, ingest.Unreadable, statErr
		case info.Size() > maxPicture:
			return nil, ingest.TooLarge, fmt.Errorf("%s has %d bytes, the limit is %d", name, info.Size(), maxPicture)
		}
		if content, err = root.ReadFile(name); err != nil {
			return nil, ingest.Unreadable, err
		}
		return content, "", nil
	}
	return nil, ingest.NoImage, fmt.Errorf("no %s in the folder of pictures", strings.ReplaceAll(names, "|", " or "))
}

// framesOf lists the pictures of a folder in order.
func framesOf(root *os.Root, dir string) ([]string, error) {
	if dir = path.Clean(dir); !fs.ValidPath(dir) {
		return nil, fmt.Errorf("%q is not below the folder of pictures", dir)
	}
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		switch strings.ToLower(path.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".png", ".webp":
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no frames in %s", dir)
	}
	return names, nil
}

// load reads a small JSON file whole.
func load[T any](file string) (T, error) {
	var value T
	text, closer, err := openText(file)
	if err != nil {
		return value, err
	}
	defer closer.Close()
	content, err := io.ReadAll(io.LimitReader(text, maxElement+1))
	if err != nil {
		return value, err
	}
	if len(content) > maxElement {
		return value, fmt.Errorf("reading %s: over %d bytes", file, maxElement)
	}
	if err := json.Unmarshal(content, &value); err != nil {
		return value, fmt.Errorf("reading %s: %w", file, err)
	}
	return value, nil
}

// each makes a reader of a file whose elements are items: those of the array in the member of that name, or, if it is "", of
// the file. N is the element's number.
func each[T any](member string, make func(n int, v T, o Options) item) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			n := 0
			for v, err := range elements[T](ctx, o.Annotations, member) {
				if err != nil {
					v = *new(T)
				}
				if !yield(make(n, v, o), err) {
					return
				}
				n++
			}
		}
	}
}

// eachMember makes a reader of a file that is an object of items by name.
func eachMember[T any](make func(name string, v T, o Options) item) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] {
		return func(yield func(item, error) bool) {
			for m, err := range members[T](ctx, o.Annotations) {
				i := item{sample: shards.Sample{Key: m.name}}
				if err == nil {
					i = make(m.name, m.value, o)
				}
				if !yield(i, err) {
					return
				}
			}
		}
	}
}

// byImage makes a reader that puts together the items of one key.
func byImage(r read) read {
	return func(ctx context.Context, o Options) iter.Seq2[item, error] { return gathered(r(ctx, o)) }
}

// about makes an item of one picture; images are the names that it may have, separated by |.
func about(key, images string) item {
	return item{sample: shards.Sample{Key: key}, images: []string{images}}
}

// answers makes answers of texts.
func answers(texts ...string) []shards.Answer {
	var all []shards.Answer
	for _, text := range texts {
		all = append(all, shards.Answer{Text: text})
	}
	return all
}

func caption(language, value string) shards.Text {
	return shards.Text{Kind: shards.Caption, Language: language, Value: value}
}

// flexible is an id that some files write as a number and others as a string.
type flexible string

// UnmarshalJSON implements [json.Unmarshaler].
func (f *flexible) UnmarshalJSON(b []byte) error {
	*f = flexible(strings.Trim(string(b), `"`))
	return nil
}
