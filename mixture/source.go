package mixture

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// source is the part of a dataset that a task uses. What it keeps of a sample is at most a bit, but
// for tasks with neighbours, which keep its place in the order of the keys.
type source struct {
	dataset   Data
	view      rowReader // reads what is needed of a sample
	rows      rowSet    // of the samples that the task can use
	sorted    []int     // numbers of the samples in the order of their keys; nil for that of the rows
	order     Order
	labels    Labels         // of its samples
	languages map[string]int // of the texts or questions that the task can use
	// parts are the samples by language, and turns says which is next; nil if languages are not
	// balanced.
	parts []languagePart
	turns chooser
}

// len returns the number of samples that the task can use.
func (s *source) len() int { return s.rows.size }

// row returns the row of sample i, from 0 to len-1, in the dataset.
func (s *source) row(i int) int {
	if s.sorted != nil {
		i = s.sorted[i]
	}
	return s.rows.at(i)
}

// Row groups are read whole, so neighbours in a window are cheap; a window of this many samples
// fits in memory.
const (
	orderBlock = 512
	orderBlend = 8
)

// folder returns the folder of the task's dataset.
func (t *Task) folder(r *Recipe) string {
	if t.Data != "" {
		return t.Data
	}
	return r.Data
}

// finder collects the samples that a task can use.
type finder struct {
	*task
	split     string
	rows      rowSetBuilder
	keys      []string // of the rows, where their order counts
	labels    labelFinder
	languages map[string]int
	parts     languageFinder // if languages are balanced
	kept      *keptScan      // of a former scan, or nil
	version   streamVersion
}

func newFinder(t *task, version streamVersion) *finder {
	return &finder{task: t, version: version, split: t.split(), languages: map[string]int{}, labels: labelFinder{}, parts: languageFinder{}}
}

// see takes a sample if the task can use it. The sample's memory is used again afterwards, so that
// what is kept of it is copied.
func (f *finder) see(row int, s *shards.Sample) {
	if f.split != "" && s.Split != f.split || !f.hasImages(f.kind, s) || !f.kind.Usable(f.Task, s) {
		return
	}
	f.rows.add(row)
	languages := f.kind.languages(f.Task, s)
	for _, language := range languages {
		addName(f.languages, language)
	}
	if f.BalanceLanguages != nil {
		f.parts.see(row, languages)
	}
	if f.kind.Labels != nil {
		f.labels.see(f.kind.Labels(f.Task, s), s.Key, row)
	}
	if f.Neighbours > 1 {
		f.keys = append(f.keys, strings.Clone(s.Key))
	}
}

// columns returns what is read of a sample to tell whether the task can use it.
func (f *finder) columns() []string {
	columns := f.kind.columns(f.Task)
	if f.split != "" {
		columns = append(columns, "split")
	}
	if f.kind.Image {
		columns = append(columns, "images.format", "images.width", "images.height")
	}
	if f.kind.Labels != nil || f.Neighbours > 1 {
		columns = append(columns, "key")
	}
	return columns
}

// finish makes the task's source of what was found, if anything was.
func (f *finder) finish(d Data) (err error) {
	rows := f.rows.rows()
	if rows.size == 0 {
		return nil
	}
	f.source = &source{
		dataset: d, view: f.view(d), rows: rows, languages: f.languages, labels: f.labels.inOrder(),
		order: NewOrder(rows.size, orderBlock, orderBlend),
	}
	if f.kept != nil {
		f.source.labels, f.source.sorted = f.kept.head.Labels, f.kept.sorted
	} else if f.Neighbours > 1 {
		f.source.sorted = byKey(f.keys)
	}
	if f.Neighbours > 1 {
		f.source.order = NeighbourOrder(rows.size, f.Neighbours)
	}
	if f.BalanceLanguages != nil {
		f.source.parts, f.source.turns, err = f.parts.parts(f.Task, f.version)
	}
	return err
}

// view returns what is read to make an example: without the bytes of images for kinds that have
// none.
func (f *finder) view(d Data) rowReader {
	data, ok := d.(*shards.Dataset)
	if !ok {
		return d
	}
	if view, err := data.Without("images.bytes"); err == nil && !f.kind.Image {
		return view
	}
	return data.All()
}

// rowReader reads a sample by its row.
type rowReader interface {
	Row(i int) (shards.Sample, error)
}

// byKey returns the numbers of the keys in the order of the keys.
func byKey(keys []string) []int {
	numbers := make([]int, len(keys))
	for i := range numbers {
		numbers[i] = i
	}
	slices.SortFunc(numbers, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	return numbers
}
