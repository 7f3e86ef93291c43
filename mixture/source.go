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
	objects pools // that its samples name

	languages map[string]int // of the texts or questions that the task can use
}

// Row groups are read whole, so neighbours in a window are cheap; a window of this many samples
// fits in memory.
const (
	orderBlock = 512
	orderBlend = 8
)

// newSource finds the samples of a dataset that a task can use.
func newSource(dataset *shards.Dataset, t *Task) (*source, error) {
	s := &source{dataset: dataset, languages: map[string]int{}}
	k := kinds[t.Kind]
	split, row := t.split(), 0
	keys := map[int]string{}
	named := map[int]objects{}
	for sample, err := range dataset.Samples() {
		if err != nil {
			return nil, err
		}
		if (split == "" || sample.Split == split) && (!k.pictures || len(sample.Images) > 0) && k.usable(t, &sample) {
			s.rows = append(s.rows, row)
			keys[row] = sample.Key
			countLanguages(t, &sample, s.languages)
			if t.Kind == "object_vqa" {
				named[row] = objectsOf(t, &sample)
			}
		}
		row++
	}
	if len(s.rows) == 0 {
		return nil, noSample{noneUsable(dataset, t)}
	}
	byKey := slices.SortedFunc(slices.Values(s.rows), func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	s.objects = pools{}
	seen := map[string]bool{}
	for _, row := range byKey {
		s.objects.add(named[row], seen)
	}
	s.order = NewOrder(len(s.rows), orderBlock, orderBlend)
	if t.Neighbours > 1 {
		s.order, s.rows = NeighbourOrder(len(s.rows), t.Neighbours), byKey
	}
	return s, nil
}
