package benchmarks

import (
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// prepare returns the statistics of a family, computed once.
func (s *scorer) prepare(f *Family) (*Statistics, error) {
	if known, ok := s.families[f]; ok {
		return known, nil
	}
	statistics, err := f.Prepare(&s.corpus)
	if err == nil {
		s.families[f] = statistics
	}
	return statistics, err
}

// evidence returns what the items add to the statistics of the owner's families.
func (s *scorer) evidence() (all []scoredEvidence, err error) {
	var done []*Family
	for n := range s.protocols[0].columns {
		c := &s.protocols[0].columns[n]
		if c.family == nil || c.Family.Evidence == nil || slices.Contains(done, c.Family) {
			continue
		}
		done = append(done, c.Family)
		of, err := c.Family.Evidence(&s.corpus)
		if err != nil {
			return nil, err
		}
		if len(of) != s.n {
			return nil, fmt.Errorf("metric %s: evidence of %d items for %d", c.Name, len(of), s.n)
		}
		all = append(all, scoredEvidence{c.Family.Name, of})
	}
	return all, nil
}

// ofFamily returns a metric's score of some items, and false if none counts for it. It keeps the
// scores of the whole family, and then those of its groups, in known.
func (s *scorer) ofFamily(known map[*Statistics][]Score, c *column, bootstrap metrics.Bootstrap, of []int) (Score, bool) {
	if c.family == nil || len(of) == 0 {
		return Score{}, false
	}
	if known[c.family] == nil {
		known[c.family] = s.resampled(bootstrap, of, c.family)
	}
	score := known[c.family][c.Part]
	return score, !math.IsNaN(score.Value)
}

// resampled returns statistics of some items. It draws clusters.
func (s *scorer) resampled(bootstrap metrics.Bootstrap, of []int, f *Statistics) []Score {
	clusters := map[int]int{} // numbers among those of the items
	for _, i := range of {
		if _, ok := clusters[s.cluster[i]]; !ok {
			clusters[s.cluster[i]] = len(clusters)
		}
	}
	scores := bootstrap.Statistics(len(clusters), func(drawn []int32) []float64 {
		items := make([]int32, s.n)
		for _, i := range of {
			items[i] = drawn[clusters[s.cluster[i]]]
		}
		scores, groups := f.Values(items)
		return append(scores, groups...)
	})
	all := make([]Score, len(scores))
	for n := range scores {
		scores[n].N = len(of)
		all[n] = Score{scores[n], len(clusters)}
	}
	return all
}

// addGroups adds the scores of the groups of families to the slices of the result. A group's score
// is that of the family's first metric.
func (s *scorer) addGroups(r *Result, p *scoredProtocol) {
	for n := range p.columns {
		c := &p.columns[n]
		if c.family == nil || c.family.Slice == "" || c.Part != 0 {
			continue
		}
		slice := r.Slices[c.family.Slice]
		if slice == nil {
			slice = map[string]Scores{}
			r.Slices[c.family.Slice] = slice
		}
		scores := s.whole[c.family]
		for at, name := range c.family.Groups {
			score := scores[len(scores)-len(c.family.Groups)+at]
			if math.IsNaN(score.Value) {
				continue
			}
			if slice[name] == nil {
				slice[name] = Scores{}
			}
			slice[name][c.Name] = score
		}
	}
}
