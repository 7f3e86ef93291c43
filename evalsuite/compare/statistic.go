package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Statistic is a score of all items together that is no mean of their values, such as the BLEU of a
// corpus. Two models are compared on resamples of the items: the score of each resample is computed
// for both.
type Statistic struct {
	Task, Metric  string
	LowerIsBetter bool
	// Of returns a function that computes the score of some of the items, by their positions. The
	// items are those of both models, one model's after the other's. The function is called by
	// several goroutines. Nil says that scored items do not suffice for the score: it is named in
	// [Result.NotCompared].
	Of func(items []*Item) (func(chosen []int) float64, error)
	// Family computes this score together with others, of which it is number Part. It takes the
	// place of Of.
	Family *Family
	Part   int
}

// Family is statistics that are computed together from what scored items keep for them
// ([Item.Evidence]), such as the average precisions of boxes.
type Family struct {
	// Name of the evidence.
	Name string
	// Of returns the scores of the items with this evidence. The items are those of both models,
	// one model's after the other's.
	Of func(evidence []map[string]string) (*Scores, error)
}

// Scores computes scores from how often each item counts.
type Scores struct {
	// Values returns the scores, NaN for one that no item counts for, and the scores of the first
	// metric for each of Groups. It is called by several goroutines.
	Values func(drawn []int32) (scores, groups []float64)
	// Slice names the groups, such as "category". It is "" without groups.
	Slice  string
	Groups []string
	// Alone returns the scores of an item by itself and says what the model did, as in "finds 2 of
	// 3 objects, 1 wrong". It orders the items that changed most; nil leaves them out.
	Alone func(item int) (scores []float64, about string)
}

// statistics compares the models by the statistics of the tasks that both have.
func (r *Result) statistics(pairs []pair, o Options) error {
	for _, s := range o.Statistics {
		if len(o.Metrics) > 0 && !slices.Contains(o.Metrics, s.Metric) {
			continue
		}
		var of []pair
		for _, p := range pairs {
			if p.a.Task == s.Task {
				of = append(of, p)
			}
		}
		if len(of) == 0 {
			continue
		}
		if s.Family != nil {
			continue
		}
		if s.Of == nil {
			r.NotCompared.Count++
			r.NotCompared.Names = append(r.NotCompared.Names, s.Metric)
			continue
		}
		compared, err := s.compare(of, o.Bootstrap)
		if err != nil {
			return fmt.Errorf("metric %s: %w", s.Metric, err)
		}
		compared.Verdict = verdict(compared.Difference, o.Margin, s.LowerIsBetter)
		r.Metrics = append(r.Metrics, compared)
	}
	if err := r.families(pairs, o); err != nil {
		return err
	}
	slices.SortStableFunc(r.Metrics, func(a, b Metric) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// compare compares the models by the statistic.
func (s *Statistic) compare(pairs []pair, b metrics.Bootstrap) (c Metric, err error) {
	items := make([]*Item, 2*len(pairs))
	for i, p := range pairs {
		items[i], items[len(pairs)+i] = p.a, p.b
	}
	value, err := s.Of(items)
	if err != nil {
		return c, err
	}
	of := metrics.PairedStatistic{N: len(pairs), Value: value, Cluster: clustersOf(pairs)}
	c = Metric{Name: s.Metric, Task: s.Task, LowerIsBetter: s.LowerIsBetter, Statistic: true}
	if c.A, c.B, c.Difference, err = b.CompareStatistic(of); err != nil {
		return c, err
	}
	return c, c.plan()
}

// plan sets the deviation, which it takes from the width of the interval, and the smallest
// difference that is found.
func (c *Metric) plan() (err error) {
	const width = 2 * 1.959964 // of a 95% interval, in standard errors
	n := c.Difference.Clusters
	c.Deviation = (c.Difference.Hi - c.Difference.Lo) / width * math.Sqrt(float64(n))
	c.Smallest, err = (metrics.Power{Deviation: c.Deviation}).Smallest(0.8, n)
	return err
}

// clustersOf numbers the clusters of items.
func clustersOf(pairs []pair) []int {
	numbers, cluster := map[string]int{}, make([]int, len(pairs))
	for i, p := range pairs {
		name := clusterOf(p.a)
		number, known := numbers[name]
		if !known {
			number = len(numbers)
			numbers[name] = number
		}
		cluster[i] = number
	}
	return cluster
}

// clusterOf returns the name of an item's cluster.
func clusterOf(i *Item) string { return cmp.Or(i.Cluster, "item "+i.ID) }
