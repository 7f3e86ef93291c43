package mixture

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// scannedDataset is an open dataset. Its samples are scanned once, for all tasks that use it.
type scannedDataset struct {
	*shards.Dataset
	scanned bool
	err     error // of the scan
}

// source is the part of a dataset that a task uses.
type source struct {
	dataset   *shards.Dataset
	rows      []int // of the samples that the task can use
	order     Order
	labels    Labels         // of its samples
	languages map[string]int // of the texts or questions that the task can use
}

// len returns the number of samples that the task can use.
func (s *source) len() int { return len(s.rows) }

// row returns the row of sample i, from 0 to len-1, in the dataset.
func (s *source) row(i int) int { return s.rows[i] }

// Row groups are read whole, so neighbours in a window are cheap; a window of this many samples
// fits in memory.
const (
	orderBlock = 512
	orderBlend = 8
)

// noSample is the error of a task that can use no sample of its dataset.
type noSample struct{ error }

// findSamples finds the samples of a dataset that a task can use.
func (s *Stream) findSamples(d *scannedDataset, t *task) error {
	if !d.scanned {
		d.scanned = true
		d.err = d.scan(s.findersFor(d))
	}
	if d.err != nil {
		return d.err
	}
	if t.source == nil {
		return noSample{noneUsable(d.Dataset, t.Task)}
	}
	return nil
}

// findersFor returns a finder for each task that uses a dataset.
func (s *Stream) findersFor(d *scannedDataset) (all []*finder) {
	for _, t := range s.tasks {
		if t.Weight > 0 && s.datasets[t.folder(&s.recipe)] == d {
			all = append(all, &finder{task: t, split: t.split(), languages: map[string]int{}})
		}
	}
	return all
}

// folder returns the folder of the task's dataset.
func (t *Task) folder(r *Recipe) string {
	if t.Data != "" {
		return t.Data
	}
	return r.Data
}

// scan goes once through the dataset, without reading image bytes.
func (d *scannedDataset) scan(finders []*finder) error {
	view, err := d.Without(imageBytes)
	if err != nil {
		return err
	}
	row := 0
	for sample, err := range view.Scan() {
		if err != nil {
			return err
		}
		for _, f := range finders {
			f.see(row, sample)
		}
		row++
	}
	for _, f := range finders {
		f.finish(d.Dataset)
	}
	return nil
}

// imageBytes is the column that no task needs to tell whether it can use a sample.
const imageBytes = "images.bytes"

// finder collects the samples that a task can use.
type finder struct {
	*task
	split     string
	rows      []int
	keys      []string // of the rows, where their order counts
	found     []Labels // of the rows, where the kind has labels
	languages map[string]int
}

// see takes a sample if the task can use it. The sample's memory is used again afterwards, so that
// what is kept of it is copied.
func (f *finder) see(row int, s *shards.Sample) {
	if f.split != "" && s.Split != f.split || f.kind.Image && len(s.Images) == 0 || !f.kind.Usable(f.Task, s) {
		return
	}
	f.rows = append(f.rows, row)
	for _, language := range f.kind.languages(f.Task, s) {
		if n, known := f.languages[language]; known {
			f.languages[language] = n + 1
		} else {
			f.languages[strings.Clone(language)] = 1
		}
	}
	if f.kind.Labels != nil {
		f.found = append(f.found, f.kind.Labels(f.Task, s).clone())
	}
	if f.ordered() {
		f.keys = append(f.keys, strings.Clone(s.Key))
	}
}

// ordered reports whether the task needs its samples in the order of their keys.
func (f *finder) ordered() bool { return f.kind.Labels != nil || f.Neighbours > 1 }

// finish makes the task's source of what was found, if anything was.
func (f *finder) finish(d *shards.Dataset) {
	n := len(f.rows)
	if n == 0 {
		return
	}
	s := &source{dataset: d, rows: f.rows, languages: f.languages, labels: Labels{}, order: NewOrder(n, orderBlock, orderBlend)}
	f.source = s
	if !f.ordered() {
		return
	}
	byKey := make([]int, n) // positions in f.rows
	for i := range byKey {
		byKey[i] = i
	}
	slices.SortFunc(byKey, func(a, b int) int { return strings.Compare(f.keys[a], f.keys[b]) })
	if f.kind.Labels != nil {
		seen := map[string]bool{}
		for _, i := range byKey {
			s.labels.add(f.found[i], seen)
		}
	}
	if f.Neighbours > 1 {
		s.order, s.rows = NeighbourOrder(n, f.Neighbours), make([]int, n)
		for i, at := range byKey {
			s.rows[i] = f.rows[at]
		}
	}
}
