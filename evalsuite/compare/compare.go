// Package compare says whether one model is better than another on the same questions.
//
// Two scores with overlapping intervals can still differ for certain, since both models answered
// the same questions. [Compare] takes the scored items of both ([Read]) and compares them in pairs:
// the mean difference of each metric with its interval, a p-value that is adjusted for the number
// of metrics, and a [Verdict] for a stated margin. It lists differences by language and kind, and
// the items that changed most. Items of one image are kept together throughout.
package compare

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Options say how to compare. The zero value compares all metrics with a margin of 0.
type Options struct {
	// Metrics to compare; default: all that both have.
	Metrics []string
	// Margin is the loss that is accepted, in the unit of the metric.
	Margin float64
	// Lower reports whether lower values of a metric are better. Nil means that none are.
	Lower func(metric string) bool
	// Partial compares the items that both have where one has more, or other references. Without
	// it, such files are an error.
	Partial bool
	// Flips is the number of changed items to return for each metric and direction; default 10.
	Flips int
	// Statistics are scores of all items together, such as BLEU, to compare beside the values of
	// items. Those of tasks that the files do not have are passed over.
	Statistics []Statistic
	// Bootstrap draws the intervals, and the permutations of the tests.
	Bootstrap metrics.Bootstrap
}

// Compare compares two models' scored items. Names of A and B are for messages and the result.
func Compare(nameA string, a []Item, nameB string, b []Item, o Options) (*Result, error) {
	if math.IsNaN(o.Margin) || o.Margin < 0 {
		return nil, fmt.Errorf("the margin %g is not a number of 0 or more", o.Margin)
	}
	if o.Flips == 0 {
		o.Flips = 10
	}
	if o.Lower == nil {
		o.Lower = func(string) bool { return false }
	}
	if err := errors.Join(checkItems(nameA, a), checkItems(nameB, b)); err != nil {
		return nil, err
	}
	r := &Result{Version: 1, A: nameA, B: nameB, Margin: o.Margin}
	pairs := r.pair(a, b)
	if err := r.check(len(pairs), o.Partial); err != nil {
		return nil, err
	}
	for _, m := range measuresOf(pairs) {
		if len(o.Metrics) > 0 && !slices.Contains(o.Metrics, m.metric) {
			continue
		}
		compared, err := m.compare(pairs, o)
		if err != nil {
			return nil, err
		}
		r.Metrics = append(r.Metrics, compared)
	}
	if err := r.statistics(pairs, o); err != nil {
		return nil, err
	}
	if err := r.lacks(o.Metrics, pairs); err != nil {
		return nil, err
	}
	r.unmatched(pairs)
	r.adjust()
	r.Verdict = overall(r.Metrics)
	return r, nil
}

// checkItems returns an error for the first item that cannot be compared.
func checkItems(name string, items []Item) error {
	for i := range items {
		if err := items[i].check(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// pair is an item of both models.
type pair struct{ a, b *Item }

// pair returns the items that both models have, in A's order, and counts the others.
func (r *Result) pair(a, b []Item) (pairs []pair) {
	others := map[itemKey]*Item{}
	for i := range b {
		others[b[i].key()] = &b[i]
	}
	for i := range a {
		other := others[a[i].key()]
		delete(others, a[i].key())
		switch {
		case other == nil:
			r.OnlyA.add(a[i].ID)
		case a[i].Question != other.Question || !slices.Equal(a[i].References, other.References) || a[i].Cluster != other.Cluster:
			r.Changed.add(a[i].ID)
		default:
			pairs = append(pairs, pair{&a[i], other})
		}
	}
	for i := range b {
		if others[b[i].key()] != nil {
			r.OnlyB.add(b[i].ID)
		}
	}
	return pairs
}

// check returns an error if the models were scored on other items.
func (r *Result) check(pairs int, partial bool) error {
	var differ []string
	for _, t := range []struct {
		Tally
		what string
	}{
		{r.OnlyA, "only in " + r.A}, {r.OnlyB, "only in " + r.B}, {r.Changed, "with another question, other references or another image"},
	} {
		if t.Count > 0 {
			differ = append(differ, fmt.Sprintf("%d %s, for example %s", t.Count, t.what, strings.Join(t.Names, ", ")))
		}
	}
	switch {
	case pairs == 0:
		return fmt.Errorf("%s and %s have no item in common: %s", r.A, r.B, strings.Join(append(differ, "compare two models on the same split of the same data"), "; "))
	case len(differ) > 0 && !partial:
		return fmt.Errorf("%s and %s were not scored on the same items: %s. To compare the %d that both have, ask for a partial comparison (--partial)", r.A, r.B, strings.Join(differ, "; "), pairs)
	}
	return nil
}

// lacks returns an error if a metric that was asked for is not there.
func (r *Result) lacks(asked []string, pairs []pair) error {
	for _, name := range asked {
		if !slices.ContainsFunc(r.Metrics, func(m Metric) bool { return m.Name == name }) {
			var known []string
			for _, m := range measuresOf(pairs) {
				known = append(known, m.metric)
			}
			return fmt.Errorf("no metric %q in both %s and %s; both have %s", name, r.A, r.B, strings.Join(known, ", "))
		}
	}
	if len(r.Metrics) == 0 && r.NotCompared.Count > 0 {
		return fmt.Errorf("the scores of %s and %s are of all items together, for which scored items do not suffice: score both again, or compare the intervals in their results; they are %s", r.A, r.B, strings.Join(r.NotCompared.Names, ", "))
	}
	if len(r.Metrics) == 0 {
		return fmt.Errorf("%s and %s have no metric in common", r.A, r.B)
	}
	return nil
}

// unmatched counts the values that only one model has of an item.
func (r *Result) unmatched(pairs []pair) {
	var named []string
	for _, p := range pairs {
		for _, of := range [][2]map[string]float64{{p.a.Values, p.b.Values}, {p.b.Values, p.a.Values}} {
			for metric := range of[0] {
				if _, both := of[1][metric]; both {
					continue
				}
				r.Unmatched.Count++
				if !slices.Contains(named, metric) {
					named = append(named, metric)
				}
			}
		}
	}
	slices.Sort(named)
	r.Unmatched.Names = named
}

// measure is a metric of a task.
type measure struct{ task, metric string }

// measuresOf returns what some item of both models was scored by, sorted.
func measuresOf(pairs []pair) []measure {
	found := map[measure]bool{}
	for _, p := range pairs {
		for metric := range p.a.Values {
			if _, ok := p.b.Values[metric]; ok {
				found[measure{p.a.Task, metric}] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b measure) int {
		return cmp.Or(cmp.Compare(a.task, b.task), cmp.Compare(a.metric, b.metric))
	})
}

// compare compares the items that both models have a value of.
func (m measure) compare(all []pair, o Options) (Metric, error) {
	c := Metric{Name: m.metric, Task: m.task, LowerIsBetter: o.Lower(m.metric)}
	pairs := m.scored(all)
	values := m.pairs(pairs)
	var err error
	if c.Difference, err = o.Bootstrap.Compare(values); err != nil {
		return c, fmt.Errorf("metric %s: %w", m.metric, err)
	}
	c.A, c.B = o.Bootstrap.Weighted(values.A, values.Cluster, values.Weight), o.Bootstrap.Weighted(values.B, values.Cluster, values.Weight)
	c.Verdict = verdict(c.Difference, o.Margin, c.LowerIsBetter)
	n := 0
	if c.Deviation, n, err = metrics.DeviationOf(values); err != nil {
		return c, err
	}
	if c.Smallest, err = (metrics.Power{Deviation: c.Deviation}).Smallest(0.8, n); err != nil {
		return c, fmt.Errorf("metric %s: %w", m.metric, err)
	}
	for _, by := range groupings(pairs) {
		parts, err := m.slices(by, o.Bootstrap)
		if err != nil {
			return c, err
		}
		c.Slices = append(c.Slices, parts...)
	}
	c.Better, c.Worse = m.flips(pairs, c.LowerIsBetter, o.Flips)
	return c, nil
}

// scored returns the pairs of the task that both have a value.
func (m measure) scored(all []pair) (pairs []pair) {
	for _, p := range all {
		_, a := p.a.Values[m.metric]
		_, b := p.b.Values[m.metric]
		if a && b && p.a.Task == m.task {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// pairs returns the values of both models.
func (m measure) pairs(pairs []pair) metrics.Pairs {
	var values metrics.Pairs
	numbers := map[string]int{}
	clusters, weighted := false, false
	for _, p := range pairs {
		values.A, values.B = append(values.A, p.a.Values[m.metric]), append(values.B, p.b.Values[m.metric])
		name := clusterOf(p.a)
		number, known := numbers[name]
		if !known {
			number = len(numbers)
			numbers[name] = number
		}
		values.Cluster, clusters = append(values.Cluster, number), clusters || known
		weight := cmp.Or(p.a.Weight, 1)
		values.Weight, weighted = append(values.Weight, weight), weighted || weight != 1
	}
	if !clusters {
		values.Cluster = nil
	}
	if !weighted {
		values.Weight = nil
	}
	return values
}

// grouping is a slice with its groups.
type grouping struct {
	by     string
	groups map[string][]pair
}

// groupings groups the items by language, by kind and by each of their slices, where there are
// several groups.
func groupings(pairs []pair) (all []grouping) {
	put := func(at map[string][]pair, name string, p pair) { at[name] = append(at[name], p) }
	languages, kinds, others := map[string][]pair{}, map[string][]pair{}, map[string]map[string][]pair{}
	for _, p := range pairs {
		put(languages, p.a.Language, p)
		put(kinds, p.a.Kind, p)
		for by, groups := range p.a.Slices {
			if others[by] == nil {
				others[by] = map[string][]pair{}
			}
			for _, name := range groups {
				put(others[by], name, p)
			}
		}
	}
	all = []grouping{{"language", languages}, {"kind", kinds}}
	for _, by := range slices.Sorted(maps.Keys(others)) {
		all = append(all, grouping{by, others[by]})
	}
	return slices.DeleteFunc(all, func(g grouping) bool { return len(g.groups) < 2 })
}

// slices compares each group of items, the largest first.
func (m measure) slices(of grouping, b metrics.Bootstrap) (all []Slice, err error) {
	for _, name := range slices.Sorted(maps.Keys(of.groups)) {
		values := m.pairs(of.groups[name])
		s := Slice{By: of.by, Name: name}
		if s.Difference, err = b.Compare(values); err != nil {
			return nil, err
		}
		s.A, s.B = weightedMean(values.A, values.Weight), weightedMean(values.B, values.Weight)
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Slice) int { return cmp.Compare(b.Difference.N, a.Difference.N) })
	return all, nil
}

func weightedMean(values, weights []float64) float64 {
	sum, all := 0.0, 0.0
	for i, v := range values {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum, all = sum+w*v, all+w
	}
	return sum / all
}

// flips returns the items that changed for the better and for the worse, the largest changes first.
func (m measure) flips(pairs []pair, lower bool, most int) (better, worse Flips) {
	changed := slices.Clone(pairs)
	change := func(p pair) float64 { return p.b.Values[m.metric] - p.a.Values[m.metric] }
	slices.SortStableFunc(changed, func(p, q pair) int { return cmp.Compare(math.Abs(change(q)), math.Abs(change(p))) })
	for _, p := range changed {
		into := &better
		switch d := change(p); {
		case d == 0:
			continue
		case d < 0 != lower:
			into = &worse
		}
		if into.Count++; len(into.Items) < most {
			into.Items = append(into.Items, Flip{
				p.a.ID, p.a.Cluster, p.a.Image, p.a.Language, p.a.Kind, p.a.Question, p.a.References,
				p.a.Prediction, p.b.Prediction, p.a.Values[m.metric], p.b.Values[m.metric],
			})
		}
	}
	return better, worse
}

// verdict judges a difference.
func verdict(d metrics.Difference, margin float64, lower bool) Verdict {
	low, high := d.Lo, d.Hi
	if lower {
		low, high = -d.Hi, -d.Lo
	}
	switch {
	case d.Clusters < fewestClusters:
		return Inconclusive
	case low >= -margin:
		return Go
	case high < -margin:
		return NoGo
	}
	return Inconclusive
}

func overall(all []Metric) Verdict {
	verdict := Go
	for _, m := range all {
		switch m.Verdict {
		case NoGo:
			return NoGo
		case Inconclusive:
			verdict = Inconclusive
		}
	}
	return verdict
}

// adjust adjusts the p-values for the number of metrics.
func (r *Result) adjust() {
	p := make([]float64, len(r.Metrics))
	for i := range r.Metrics {
		p[i] = r.Metrics[i].Difference.P
	}
	holm, bh := metrics.Holm(p), metrics.BenjaminiHochberg(p)
	for i := range r.Metrics {
		r.Metrics[i].Holm, r.Metrics[i].BenjaminiHochberg = holm[i], bh[i]
	}
}
