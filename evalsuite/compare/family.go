package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// families compares the models by the statistics that are computed together.
func (r *Result) families(pairs []pair, o Options) error {
	var done []*Family
	for _, s := range o.Statistics {
		if s.Family == nil || slices.Contains(done, s.Family) {
			continue
		}
		done = append(done, s.Family)
		var parts []Statistic // those that are asked for
		for _, of := range o.Statistics {
			if of.Family == s.Family && (len(o.Metrics) == 0 || slices.Contains(o.Metrics, of.Metric)) {
				parts = append(parts, of)
			}
		}
		of := slices.DeleteFunc(slices.Clone(pairs), func(p pair) bool { return p.a.Task != s.Task })
		if len(parts) == 0 || len(of) == 0 {
			continue
		}
		switch evidence, has := s.Family.evidence(of); {
		case has == someHave:
			for _, part := range parts {
				r.NotCompared.Count++
				r.NotCompared.Names = append(r.NotCompared.Names, part.Metric)
			}
		case has == allHave:
			if err := r.family(s.Family, evidence, of, parts, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// How many items have the evidence of a family.
const (
	noneNeeds = iota // none has it, and they have other evidence: the models made nothing of the kind
	someHave
	allHave
)

// evidence returns the evidence of both models, A's first.
func (f *Family) evidence(pairs []pair) (all []map[string]string, has int) {
	all = make([]map[string]string, 2*len(pairs))
	with, others := 0, 0
	for n, p := range pairs {
		for at, i := range []*Item{p.a, p.b} {
			evidence, ok := i.Evidence[f.Name]
			if all[at*len(pairs)+n] = evidence; ok {
				with++
			} else if len(i.Evidence) > 0 {
				others++
			}
		}
	}
	switch {
	case with == len(all):
		return all, allHave
	case with == 0 && others == len(all):
		return nil, noneNeeds
	}
	return nil, someHave
}

// family adds the comparisons by some statistics of a family.
func (r *Result) family(f *Family, evidence []map[string]string, pairs []pair, parts []Statistic, o Options) error {
	scores, err := f.Of(evidence)
	if err != nil {
		return fmt.Errorf("metric %s: %w", parts[0].Metric, err)
	}
	compared, err := o.Bootstrap.CompareStatistics(metrics.PairedStatistics{
		N: len(pairs), Cluster: clustersOf(pairs),
		Values: func(drawn []int32) []float64 {
			values, groups := scores.Values(drawn)
			return append(slices.Clone(values), groups...)
		},
	})
	if err != nil {
		return fmt.Errorf("metric %s: %w", parts[0].Metric, err)
	}
	alone := scores.alone(len(pairs))
	groups := compared[len(compared)-len(scores.Groups):]
	for _, s := range parts {
		of := compared[s.Part]
		if math.IsNaN(of.Difference.Value) {
			continue // no object counts for it
		}
		c := Metric{Name: s.Metric, Task: s.Task, LowerIsBetter: s.LowerIsBetter, Statistic: true, A: of.A, B: of.B, Difference: of.Difference}
		c.Verdict = verdict(c.Difference, o.Margin, c.LowerIsBetter)
		if err := c.plan(); err != nil {
			return fmt.Errorf("metric %s: %w", s.Metric, err)
		}
		for n, name := range scores.Groups {
			if g := groups[n]; s.Part == 0 && len(scores.Groups) > 1 && !math.IsNaN(g.Difference.Value) {
				c.Slices = append(c.Slices, Slice{By: scores.Slice, Name: name, A: g.A.Value, B: g.B.Value, Difference: g.Difference})
			}
		}
		slices.SortStableFunc(c.Slices, func(a, b Slice) int { return byDistance(a.Difference.Value, b.Difference.Value) })
		if alone != nil {
			c.Alone = true
			c.Better, c.Worse = changedAlone(pairs, alone, s, o.Flips)
		}
		r.Metrics = append(r.Metrics, c)
	}
	return nil
}

// byDistance puts the value that is farthest from 0 first.
func byDistance(a, b float64) int {
	switch a, b := math.Abs(a), math.Abs(b); {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// itemAlone is what the scores say of one item by itself.
type itemAlone struct {
	scores []float64
	about  string
}

// alone returns what the scores say of each item by itself, of both models, or nil.
func (s *Scores) alone(pairs int) []itemAlone {
	if s.Alone == nil {
		return nil
	}
	all := make([]itemAlone, 2*pairs)
	for n := range all {
		all[n].scores, all[n].about = s.Alone(n)
	}
	return all
}

// changedAlone returns the items whose score by themselves changed, the largest changes first. An
// item that has no score by itself, such as an image without objects, does not count.
func changedAlone(pairs []pair, alone []itemAlone, s Statistic, most int) (better, worse Flips) {
	order := make([]int, len(pairs))
	for n := range order {
		order[n] = n
	}
	change := func(n int) float64 { return alone[len(pairs)+n].scores[s.Part] - alone[n].scores[s.Part] }
	order = slices.DeleteFunc(order, func(n int) bool { return !(change(n) != 0) || math.IsNaN(change(n)) })
	slices.SortStableFunc(order, func(a, b int) int { return byDistance(change(a), change(b)) })
	for _, n := range order {
		into := &better
		if change(n) < 0 != s.LowerIsBetter {
			into = &worse
		}
		if into.Count++; len(into.Items) < most {
			a, b, p := &alone[n], &alone[len(pairs)+n], pairs[n]
			into.Items = append(into.Items, Flip{
				ID: p.a.ID, Cluster: p.a.Cluster, Image: p.a.Image, Language: p.a.Language, Kind: p.a.Kind, Question: p.a.Question, References: p.a.References,
				A: a.about, B: b.about, ValueA: a.scores[s.Part], ValueB: b.scores[s.Part],
			})
		}
	}
	return better, worse
}
