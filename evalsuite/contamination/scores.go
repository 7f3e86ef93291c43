package contamination

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// Scores are those of a model by one metric: on all items, on those that were not found, and on
// those that were.
type Scores struct {
	Task         string        `json:"task,omitempty"`
	Metric       string        `json:"metric"`
	All          metrics.Score `json:"all"`
	Clean        metrics.Score `json:"clean"`
	Contaminated metrics.Score `json:"contaminated"`
	// Difference is contaminated less clean, and Raised all less clean: by how much the
	// contaminated items raise the score. Both are zero if there are no items of one of the two.
	Difference metrics.Score `json:"difference"`
	Raised     metrics.Score `json:"raised"`
	// Kinds are the scores on items with a match of a kind: image, text and pair.
	Kinds map[string]metrics.Score `json:"kinds"`
}

// Score sets Scores and Unscored from a model's scored items. Items are found by their ids; one
// that the benchmark does not have is an error, because it would be called clean.
func (r *Result) Score(items []compare.Item, b metrics.Bootstrap) error {
	numbers := make([]int, len(items))
	var unknown Tally
	for i := range items {
		n, ok := r.item(&items[i])
		if !ok {
			unknown.add(items[i].ID)
		}
		numbers[i] = n
	}
	if unknown.Count > 0 {
		return fmt.Errorf("%d of %d scored items are not in the benchmark that was searched for, for example %q: give the dataset and split, or the annotations, that they were scored on",
			unknown.Count, len(items), unknown.First[0])
	}
	if len(items) == 0 {
		return errors.New("no scored items")
	}
	r.Scores = nil
	for _, m := range measuresOf(items) {
		s, err := r.score(m, items, numbers, b)
		if err != nil {
			return err
		}
		r.Scores = append(r.Scores, s)
	}
	r.unscored(numbers)
	return nil
}

// item returns the number of the benchmark's item that was scored. Of items with one id it takes
// that with the question.
func (r *Result) item(scored *compare.Item) (n int, ok bool) {
	all := r.ids[scored.ID]
	if len(all) == 0 {
		return 0, false
	}
	for _, n := range all {
		if r.questions[n] == scored.Question {
			return n, true
		}
	}
	return all[0], true
}

// unscored counts the items without a score.
func (r *Result) unscored(numbers []int) {
	scored := map[int]bool{}
	for _, n := range numbers {
		scored[n] = true
	}
	r.Unscored = &Tally{}
	for _, id := range slices.Sorted(maps.Keys(r.ids)) {
		for _, n := range r.ids[id] {
			if !scored[n] {
				scored[n] = true
				r.Unscored.add(id)
			}
		}
	}
}

// measure is a metric of a task.
type measure struct{ task, metric string }

func measuresOf(items []compare.Item) []measure {
	found := map[measure]bool{}
	for i := range items {
		for metric := range items[i].Values {
			found[measure{items[i].Task, metric}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b measure) int {
		return cmp.Or(cmp.Compare(a.task, b.task), cmp.Compare(a.metric, b.metric))
	})
}

func (r *Result) score(m measure, items []compare.Item, numbers []int, b metrics.Bootstrap) (Scores, error) {
	var g metrics.Groups
	var matched []*Contaminated
	clusters := map[string]int{}
	for i := range items {
		value, ok := items[i].Values[m.metric]
		if !ok || items[i].Task != m.task {
			continue
		}
		found := r.dirty[numbers[i]]
		matched = append(matched, found)
		g.Values, g.Second = append(g.Values, value), append(g.Second, found != nil)
		g.Weight = append(g.Weight, cmp.Or(items[i].Weight, 1))
		name := cmp.Or(items[i].Cluster, "item "+items[i].ID)
		n, known := clusters[name]
		if !known {
			n = len(clusters)
			clusters[name] = n
		}
		g.Cluster = append(g.Cluster, n)
	}
	s, err := b.Groups(g)
	if err != nil {
		return Scores{}, fmt.Errorf("metric %s: %w", m.metric, err)
	}
	scores := Scores{m.task, m.metric, s.All, s.First, s.Second, s.Difference, s.Raised, map[string]metrics.Score{}}
	for _, kind := range []string{Image, Text, Pair} {
		var values, weight []float64
		var cluster []int
		for i, found := range matched {
			if found != nil && slices.Contains(found.Kinds, kind) {
				values, weight, cluster = append(values, g.Values[i]), append(weight, g.Weight[i]), append(cluster, g.Cluster[i])
			}
		}
		if len(values) > 0 {
			scores.Kinds[kind] = b.Weighted(values, cluster, weight)
		}
	}
	return scores, nil
}
