package benchmarks

import (
	"fmt"
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// retrievalSource is the rule of the recalls.
const retrievalSource = "big_vision, evaluators/proj/image_text/image_text_retrieval.py"

// retrievalMetrics are recalls at 1, 5 and 10, ranks and average precision in both directions.
func retrievalMetrics() (all []Metric) {
	for _, d := range []struct{ name, query, found string }{{ImageToText, "images", "a text of the image"}, {TextToImage, "texts", "the image of the text"}} {
		for _, k := range []int{1, 5, 10} {
			all = append(all, retrieved(d.name, fmt.Sprintf("r%d", k), fmt.Sprintf("R@%d: share of %s for which %s is among the first %d", k, d.query, d.found, k), retrievalSource,
				func(r *Retrieved) float64 { return metrics.Ranks{r.Rank}.RecallAt(k)[0] }))
		}
	}
	for _, d := range []string{ImageToText, TextToImage} {
		all = append(all,
			retrieved(d, "mrr", "mean reciprocal rank of the best right item", "Voorhees, TREC-8, 1999", func(r *Retrieved) float64 { return 1 / float64(r.Rank+1) }),
			retrieved(d, "map", "mean average precision of all right items", "scikit-learn, average_precision_score", func(r *Retrieved) float64 { return r.AveragePrecision }),
			ranked(retrieved(d, "mean_rank", "mean rank of the best right item, from 1", "Faghri et al., BMVC 2018 (VSE++)", func(r *Retrieved) float64 { return float64(r.Rank + 1) })),
			medianRank(d),
		)
	}
	return all
}

// retrieved is a metric of the queries of a direction.
func retrieved(direction, name, about, source string, value func(*Retrieved) float64) Metric {
	counts := ofDirection(direction)
	return Metric{Name: direction + "_" + name, About: about, Source: source, of: counts, Each: func() func(*Item) float64 {
		return func(i *Item) float64 {
			if !counts(i) {
				return math.NaN()
			}
			return value(i.Retrieved)
		}
	}}
}

// ofDirection returns what reports whether an item is a query of a direction.
func ofDirection(name string) func(*Item) bool {
	return func(i *Item) bool { return i.Retrieved != nil && i.Retrieved.Direction == name }
}

// ranked says that a metric is a rank.
func ranked(m Metric) Metric {
	m.Max, m.LowerIsBetter = math.MaxInt32, true
	return m
}

// medianRank is the median rank of the best right item.
func medianRank(direction string) Metric {
	return ranked(Metric{
		Name: direction + "_median_rank", About: "median rank of the best right item, from 1", Source: "Faghri et al., BMVC 2018 (VSE++), which rounds it down",
		of: ofDirection(direction),
		Statistic: func(c *Corpus) (func([]int) float64, error) {
			return func(chosen []int) float64 {
				ranks := make(metrics.Ranks, len(chosen))
				for at, n := range chosen {
					ranks[at] = c.Items[n].Retrieved.Rank
				}
				return ranks.Median()
			}, nil
		},
	})
}

// meanOfLanguages turns metrics of items, and drops others, into means over the languages of their
// means.
func meanOfLanguages(of []Metric) (all []Metric) {
	for _, m := range of {
		if m.Each == nil {
			continue
		}
		each := m.Each
		m.About, m.Each = m.About+"; mean of the languages", nil
		m.Statistic = func(c *Corpus) (func([]int) float64, error) { return languageMean(c.Items, each()), nil }
		all = append(all, m)
	}
	return all
}

// languageMean returns the mean over languages of the mean value of chosen items, which all have a
// value.
func languageMean(items []Item, value func(*Item) float64) func([]int) float64 {
	values, language := make([]float64, len(items)), make([]int, len(items))
	var languages []string
	for n := range items {
		values[n] = value(&items[n])
		at := slices.Index(languages, items[n].Language)
		if at < 0 {
			at = len(languages)
			languages = append(languages, items[n].Language)
		}
		language[n] = at
	}
	return func(chosen []int) float64 {
		sums, counts := make([]float64, len(languages)), make([]float64, len(languages))
		for _, n := range chosen {
			sums[language[n]] += values[n]
			counts[language[n]]++
		}
		mean, of := 0.0, 0.0
		for at, n := range counts {
			if n > 0 {
				mean += sums[at] / n
				of++
			}
		}
		return mean / of
	}
}
