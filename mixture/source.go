package mixture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// source is the part of a dataset that a task uses.
type source struct {
	dataset *shards.Dataset
	rows    []int // of the samples that the task can use
	order   Order
	labels  []string // that boxes of the dataset have, in order of first appearance
}

// Row groups are read whole, so neighbours in a window are cheap; a window of this many samples fits in memory.
const (
	orderBlock = 512
	orderBlend = 8
)

// newSource finds the samples of a dataset that a task can use.
func newSource(dataset *shards.Dataset, t *Task) (*source, error) {
	s := &source{dataset: dataset}
	k := kinds[t.Kind]
	split, row := t.split(), 0
	keys := map[int]string{}
	labels := map[string]bool{}
	for sample, err := range dataset.Samples() {
		if err != nil {
			return nil, err
		}
		if (split == "" || sample.Split == split) && (!k.pictures || len(sample.Images) > 0) && k.usable(t, &sample) {
			s.rows = append(s.rows, row)
			keys[row] = sample.Key
			for _, box := range sample.Boxes {
				if !labels[box.Label] {
					labels[box.Label] = true
					s.labels = append(s.labels, box.Label)
				}
			}
		}
		row++
	}
	if len(s.rows) == 0 {
		return nil, fmt.Errorf("task %s: no sample of %s can be used: split %q, kind %s, languages %v", t.Name, dataset.Dir(), split, t.Kind, t.Languages)
	}
	s.order = NewOrder(len(s.rows), orderBlock, orderBlend)
	if t.Neighbours > 1 {
		s.order = NeighbourOrder(len(s.rows), t.Neighbours)
		slices.SortFunc(s.rows, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	}
	return s, nil
}
