// Package contamination looks for the questions and images of a benchmark in training data.
//
// An [Audit] holds the benchmark: [Audit.Add] takes its samples with what is asked of them. Then
// [Audit.Search] reads training datasets once, row by row, and returns a [Result]: which items were
// found, by which rule, in which row. [Result.Score] splits the scores of a model by it: all items,
// clean ones and contaminated ones, with the interval of the difference.
//
// A [Rule] says when a training row contains an image or a text. [Rules] lists them with their
// sources: those of GPT-3, PaLM, Llama 2, GPT-4 and Tülu 3 for texts, and copies, near duplicates,
// mirrored and cropped images. Texts of fewer than eight words say little by themselves: every
// training set asks "What color is the cat?". They count where the same row has the image, too;
// that is the kind "pair".
//
// The benchmark is held in memory, the training data are not: memory does not grow with their size.
// The result does not depend on the number of workers.
package contamination

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	layouts "github.com/pali3/pali3/ingest/benchmarks"
	"github.com/pali3/pali3/internal/imageprint"
	"github.com/pali3/pali3/internal/overlap"
	"github.com/pali3/pali3/shards"
)

// Options say by which rules to search. The zero value is the default.
type Options struct {
	// Rules are names of [Rules]. Default: those with Default. "all" takes every one.
	Rules []string
	// Bits and Colour are how much two images may differ and still look alike, as in the rules of
	// curation: the Hamming distance of difference hashes of 64 bits, and the largest difference of
	// thumbnails of 8 x 8 in 255 levels. Default: 6 and 12.
	Bits, Colour int
	// Detail is the least correlation of the brightness of two images on a grid of 32 x 32, which
	// keeps pages and forms of one layout apart. Default: 0.95.
	Detail float64
	// Splits are the splits of the training datasets to search. Default: all rows.
	Splits []string
	// Workers is the number of goroutines. Default: one a core.
	Workers int
	// Progress is called with the number of rows read, by one goroutine at a time; it may be nil.
	Progress func(done, all int)
}

// check sets defaults and returns an error for values that cannot be meant.
func (o *Options) check() error {
	if o.Bits == 0 && o.Colour == 0 {
		o.Bits, o.Colour = 6, 12
	}
	if o.Detail == 0 {
		o.Detail = 0.95
	}
	switch {
	case o.Bits < 0 || o.Bits > imageprint.MaxBits || o.Colour < 0 || o.Colour > 255:
		return fmt.Errorf("images are compared with bits %d and colour %d; legal are 0 to %d and 0 to 255", o.Bits, o.Colour, imageprint.MaxBits)
	case math.IsNaN(o.Detail) || o.Detail < 0 || o.Detail > 1:
		return fmt.Errorf("images are compared with detail %g; legal is 0 to 1", o.Detail)
	}
	return nil
}

// Audit holds a benchmark and searches for it. Add all of the benchmark, then call Search.
type Audit struct {
	options Options
	rules   ruleSet
	items   []item
	owners  map[string]*owner // by key of the sample
	images  imageIndex
	texts   textIndex
	// undecodable counts images of the benchmark, and unreadable records of its files.
	undecodable, unreadable Tally
}

// owner is a sample of the benchmark: the images and items that have its key.
type owner struct {
	images []int32 // of the index
	items  []int32
}

// item is an item of the benchmark.
type item struct {
	benchmarks.Item
	parts []part
	exact []int32 // texts of the index: the question with each right answer, or each caption
}

// ids returns the names by which eval may know the item: that of a caption may be the image's, or
// end in its language.
func (it *item) ids() []string {
	ids := []string{it.ID}
	if it.Question != "" {
		return ids
	}
	for _, id := range []string{it.ID + "/" + it.Language, it.Item.Image, it.Item.Image + "/" + it.Language} {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// part is a text of an item.
type part struct {
	of   string // question, choice, answer or caption
	text int32  // of the index
}

// New returns an audit without a benchmark.
func New(o Options) (*Audit, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	rules, err := rulesNamed(o.Rules)
	if err != nil {
		return nil, err
	}
	return &Audit{
		options: o, rules: rules, owners: map[string]*owner{},
		images: newImageIndex(o, rules), texts: newTextIndex(rules),
	}, nil
}

// Add adds a sample of the benchmark: its images, and items, which [ItemsOf] or the Items of a
// benchmark return for it. Images and items of one sample may be added by several calls; they
// belong together by the sample's key.
func (a *Audit) Add(s *shards.Sample, items []benchmarks.Item) {
	to := a.owners[s.Key]
	if to == nil {
		to = &owner{}
		a.owners[strings.Clone(s.Key)] = to
	}
	for i := range s.Images {
		n, err := a.images.add(s.Images[i].Bytes)
		if err != nil {
			a.undecodable.add(fmt.Sprintf("image %d of %s: %v", i, s.Key, err))
		}
		to.images = append(to.images, n)
		if of := &a.images.all[n]; !slices.Contains(of.owners, to) {
			of.owners = append(of.owners, to)
		}
	}
	for i := range items {
		to.items = append(to.items, int32(len(a.items)))
		a.items = append(a.items, a.item(&items[i]))
	}
}

// AddDataset adds the samples of a dataset's split, or all of them if split is empty. items returns
// the items of a sample; nil is [ItemsOf].
func (a *Audit) AddDataset(ctx context.Context, d *shards.Dataset, split string, items func(*shards.Sample) []benchmarks.Item) error {
	if items == nil {
		items = ItemsOf
	}
	before := len(a.items)
	for s, err := range d.Samples() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("reading the benchmark %s: %w", d.Dir(), err)
		}
		if split == "" || s.Split == split {
			a.Add(&s, items(&s))
		}
	}
	switch {
	case len(a.items) > before:
		return nil
	case d.Len() == 0:
		return fmt.Errorf("the benchmark %s has no rows", d.Dir())
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(d.Manifest().Totals.Splits)) {
		names = append(names, fmt.Sprintf("%q", name))
	}
	return fmt.Errorf("%s has no sample of the split %q; it has %s", d.Dir(), split, strings.Join(names, ", "))
}

// AddBenchmark adds what the owner's files of a benchmark ask, in the split that the files name.
// Images are not in these files: add samples with the same keys and their images, without items.
// Records that cannot be read are counted in the result.
func (a *Audit) AddBenchmark(ctx context.Context, b *benchmarks.Benchmark, files benchmarks.Files) error {
	before := len(a.items)
	splits := map[string]int{}
	for r, err := range recordsOf(ctx, b, files) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			a.unreadable.add(err.Error())
			continue
		}
		splits[r.Sample.Split]++
		if split := r.Sample.Split; files.Split != "" && split != "" && split != files.Split {
			continue
		}
		a.Add(&r.Sample, b.Items(&r.Sample, r.ID, r.Fields))
	}
	names := slices.Sorted(maps.Keys(splits))
	switch {
	case len(a.items) == before && a.unreadable.Count > 0:
		return fmt.Errorf("no question can be read: %s", a.unreadable.First[0])
	case len(a.items) == before:
		return fmt.Errorf("%s has no question in the split %q; it has %q", files.Annotations, files.Split, names)
	case len(names) > 1 && files.Split == "":
		return fmt.Errorf("%s has several splits: choose one of %q", files.Annotations, names)
	}
	return nil
}

func recordsOf(ctx context.Context, b *benchmarks.Benchmark, f benchmarks.Files) iter.Seq2[benchmarks.Record, error] {
	if b.Read != nil {
		return b.Read(ctx, f)
	}
	return layouts.Annotations(ctx, layouts.Options{Layout: b.Layout, Annotations: f.Annotations, Questions: f.Questions, Instances: f.Instances, Classes: f.Classes})
}

// Asks reports whether there are items of the sample with the key.
func (a *Audit) Asks(key string) bool { return a.owners[key] != nil && len(a.owners[key].items) > 0 }

// Len returns the number of items.
func (a *Audit) Len() int { return len(a.items) }

// Images returns the number of distinct images.
func (a *Audit) Images() int { return len(a.images.all) }

// longAnswer is the number of words from which an answer or a choice is searched for by itself.
const longAnswer = overlap.Gram

// item returns the item with the numbers of its texts.
func (a *Audit) item(from *benchmarks.Item) item {
	it := item{Item: *from}
	if !a.rules.texts() {
		return it
	}
	add := func(of, text string) {
		if n := a.texts.add(text); n >= 0 && !slices.ContainsFunc(it.parts, func(p part) bool { return p.text == n }) {
			it.parts = append(it.parts, part{of, n})
		}
	}
	exact := func(text string) {
		if n := a.texts.addWhole(text); n >= 0 && !slices.Contains(it.exact, n) {
			it.exact = append(it.exact, n)
		}
	}
	if from.Question == "" {
		for _, caption := range from.References {
			add("caption", caption)
			exact(caption)
		}
		return it
	}
	add("question", from.Question)
	for _, choice := range from.Choices {
		if wordsIn(choice) >= longAnswer {
			add("choice", choice)
		}
	}
	for _, answer := range from.References {
		if wordsIn(answer) >= longAnswer {
			add("answer", answer)
		}
		exact(from.Question + "\n" + answer)
	}
	return it
}

func wordsIn(text string) (n int) {
	overlap.Words(text, func([]byte) { n++ })
	return n
}

// ItemsOf returns what a dataset asks of a sample, if no benchmark says it: each question with its
// answers, and the texts of each language as captions, except texts read in the image (OCR). The
// ids are those of eval. A sample with neither is one item that has only its image.
func ItemsOf(s *shards.Sample) (items []benchmarks.Item) {
	answered := 0
	for i := range s.Questions {
		q := &s.Questions[i]
		id := q.ID
		if id == "" && len(q.Answers) > 0 { // eval counts the questions with an answer
			id = fmt.Sprintf("%s#%d", s.Key, answered)
		}
		if len(q.Answers) > 0 {
			answered++
		}
		it := benchmarks.Item{ID: cmp.Or(id, fmt.Sprintf("%s#unanswered%d", s.Key, i)), Image: s.Key, Split: s.Split, Language: q.Language, Kind: q.Kind, Question: q.Text}
		for _, a := range q.Answers {
			it.References = append(it.References, a.Text)
		}
		items = append(items, it)
	}
	captions := len(items)
	for _, text := range s.Texts {
		if text.Kind == shards.OCR {
			continue
		}
		at := slices.IndexFunc(items[captions:], func(i benchmarks.Item) bool { return i.Language == text.Language })
		if at < 0 {
			at = len(items) - captions
			items = append(items, benchmarks.Item{ID: s.Key + "/" + text.Language, Image: s.Key, Split: s.Split, Language: text.Language})
		}
		to := &items[captions+at]
		to.References = append(to.References, text.Value)
	}
	if len(items) == 0 {
		items = append(items, benchmarks.Item{ID: s.Key, Image: s.Key, Split: s.Split})
	}
	return items
}

// Tally counts things and names the first few.
type Tally struct {
	Count int      `json:"count"`
	First []string `json:"first,omitempty"`
	at    []row    // of First
}

// fewNames is how many things a tally names.
const fewNames = 5

func (t *Tally) add(name string) { t.addMany(1, row{dataset: t.Count}, name) }

// addMany counts n things at a row. The first by rows are named, in whatever order they are added.
func (t *Tally) addMany(n int, at row, name string) {
	t.Count += n
	place := len(t.at)
	for place > 0 && at.before(t.at[place-1]) {
		place--
	}
	if place == fewNames {
		return
	}
	t.at, t.First = slices.Insert(t.at, place, at), slices.Insert(t.First, place, name)
	if len(t.at) > fewNames {
		t.at, t.First = t.at[:fewNames], t.First[:fewNames]
	}
}
