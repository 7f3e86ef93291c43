package mixture

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// source is the part of a dataset that a task uses.
type source struct {
	dataset *shards.Dataset
	rows    []int // of the samples that the task can use
	order   Order
	labels  Labels // of its samples

	languages map[string]int // of the texts or questions that the task can use
}

// Row groups are read whole, so neighbours in a window are cheap; a window of this many samples
// fits in memory.
const (
	orderBlock = 512
	orderBlend = 8
)

// newSource finds the samples of a dataset that a task can use.
func newSource(dataset *shards.Dataset, t *Task, k Kind) (*source, error) {
	s := &source{dataset: dataset, languages: map[string]int{}}
	split, row := t.split(), 0
	keys := map[int]string{}
	named := map[int]Labels{}
	for sample, err := range dataset.Samples() {
		if err != nil {
			return nil, err
		}
		if (split == "" || sample.Split == split) && (!k.Image || len(sample.Images) > 0) && k.Usable(t, &sample) {
			s.rows = append(s.rows, row)
			keys[row] = sample.Key
			for _, language := range k.languages(t, &sample) {
				s.languages[language]++
			}
			if k.Labels != nil {
				named[row] = k.Labels(t, &sample)
			}
		}
		row++
	}
	if len(s.rows) == 0 {
		return nil, noSample{noneUsable(dataset, t)}
	}
	byKey := slices.SortedFunc(slices.Values(s.rows), func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	s.labels = Labels{}
	seen := map[string]bool{}
	for _, row := range byKey {
		s.labels.add(named[row], seen)
	}
	s.order = NewOrder(len(s.rows), orderBlock, orderBlend)
	if t.Neighbours > 1 {
		s.order, s.rows = NeighbourOrder(len(s.rows), t.Neighbours), byKey
	}
	return s, nil
}
