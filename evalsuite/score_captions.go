package evalsuite

import (
	"maps"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// captionMetrics are the built-in metrics of captions, in the order in which they are compared.
var captionMetrics = []string{captionCIDEr, captionExact, captionBLEU4}

// captionScorer scores captions of the same items several times: of the model, of the untrained
// model, of baselines. It tokenizes the references once.
type captionScorer struct {
	items      []Item
	further    []Metric
	groups     [][]int      // the positions of each language; each language is a corpus of its own
	references [][][]string // tokenized, by group and item
}

func newCaptionScorer(items []Item, further []Metric) *captionScorer {
	c := &captionScorer{items: items, further: further, groups: group(items, languageOf)}
	for _, members := range c.groups {
		var flat []string
		for _, i := range members {
			flat = append(flat, items[i].References...)
		}
		flat = metrics.PTBTokenize(flat)
		references := make([][]string, len(members))
		for j, i := range members {
			n := len(items[i].References)
			references[j], flat = flat[:n:n], flat[n:]
		}
		c.references = append(c.references, references)
	}
	return c
}

// names lists the metrics: the built-in ones, then the further ones.
func (c *captionScorer) names() []string {
	names := captionMetrics[:len(captionMetrics):len(captionMetrics)]
	for _, m := range c.further {
		names = append(names, m.Name)
	}
	return names
}

// metric returns a metric by its name.
func (c *captionScorer) metric(name string) Metric {
	for _, m := range c.further {
		if m.Name == name {
			return m
		}
	}
	return Metric{Name: name, Task: CaptionTask}
}

// captionValues are the values of each caption by every metric.
type captionValues struct {
	exact, cider []float64
	bleu         []metrics.BLEUCounts
	further      map[string][]float64
}

// score scores one caption per item. CIDEr takes its document frequencies from the references of
// each language. Failed says why an item has no caption; it may be nil.
func (c *captionScorer) score(captions, failed []string) (captionValues, error) {
	n := len(c.items)
	v := captionValues{make([]float64, n), make([]float64, n), make([]metrics.BLEUCounts, n), map[string][]float64{}}
	for i := range c.items {
		if metrics.ExactMatch(captions[i], c.items[i].References...) {
			v.exact[i] = 1
		}
	}
	for g, members := range c.groups {
		candidates := make([]string, len(members))
		for j, i := range members {
			candidates[j] = captions[i]
		}
		candidates = metrics.PTBTokenize(candidates)
		scores, err := metrics.CIDEr(candidates, c.references[g])
		if err != nil {
			return v, err
		}
		for j, i := range members {
			v.cider[i] = scores[j]
			v.bleu[i] = metrics.CountBLEU(candidates[j], c.references[g][j])
		}
	}
	return v, c.scoreFurther(&v, captions, failed)
}

func (c *captionScorer) scoreFurther(v *captionValues, captions, failed []string) (err error) {
	if len(c.further) == 0 {
		return nil
	}
	items := v.fill(c.items, captions, failed)
	for _, m := range c.further {
		if v.further[m.Name], err = m.values(items); err != nil {
			return err
		}
	}
	return nil
}

// byMetric averages captions by metric. The unit that is averaged, and resampled for the interval,
// is the image: its value is the mean over its languages, and its BLEU counts are summed over them.
func (v captionValues) byMetric(items []Item, b metrics.Bootstrap) map[string]metrics.Score {
	images := groupBy(items, func(item *Item) int { return item.Sample })
	counts := make([]metrics.BLEUCounts, len(images))
	for n, members := range images {
		for _, i := range members {
			counts[n].Add(v.bleu[i])
		}
	}
	scores := map[string]metrics.Score{
		captionExact: b.Mean(imageMeans(v.exact, images)), captionCIDEr: b.Mean(imageMeans(v.cider, images)), captionBLEU4: b.BLEU4(counts),
	}
	for name, values := range v.further {
		scores[name] = b.Mean(imageMeans(values, images))
	}
	return scores
}

// imageMeans averages the values of each image's captions.
func imageMeans(values []float64, images [][]int) []float64 {
	means := make([]float64, len(images))
	for n, members := range images {
		for _, i := range members {
			means[n] += values[i] / float64(len(members))
		}
	}
	return means
}

// value is a metric's value without its interval.
func (v captionValues) value(items []Item, metric string) float64 {
	return v.byMetric(items, metrics.Bootstrap{Resamples: 1})[metric].Value
}

// of returns the values of some of the captions.
func (v captionValues) of(members []int) captionValues {
	part := captionValues{exact: pick(v.exact, members), cider: pick(v.cider, members), bleu: pick(v.bleu, members), further: maps.Clone(v.further)}
	for name, values := range part.further {
		part.further[name] = pick(values, members)
	}
	return part
}

func pick[V any](values []V, members []int) []V {
	picked := make([]V, len(members))
	for j, i := range members {
		picked[j] = values[i]
	}
	return picked
}

// fill returns the items with captions and their scores.
func (v captionValues) fill(items []Item, captions, failed []string) []Item {
	filled := append([]Item(nil), items...)
	for i := range filled {
		filled[i].Prediction, filled[i].Score, filled[i].CIDEr = captions[i], v.exact[i], v.cider[i]
		filled[i].Values = map[string]float64{captionExact: v.exact[i], captionCIDEr: v.cider[i]}
		for name, values := range v.further {
			if values != nil {
				filled[i].Values[name] = values[i]
			}
		}
		if failed != nil {
			filled[i].Error = failed[i]
		}
	}
	return filled
}

// ScoreCaptions scores captions by exact match and by CIDEr, which takes its document frequencies
// from the references of each language. It sets Score and CIDEr of the items. The unit that is
// averaged, and resampled for the interval, is the image: its value is the mean over its languages.
func ScoreCaptions(items []Item, b metrics.Bootstrap) (exact, cider metrics.Score, err error) {
	captions := make([]string, len(items))
	for i := range items {
		captions[i] = items[i].Prediction
	}
	values, err := newCaptionScorer(items, nil).score(captions, nil)
	if err != nil {
		return exact, cider, err
	}
	for i := range items {
		items[i].Score, items[i].CIDEr = values.exact[i], values.cider[i]
	}
	images := groupBy(items, func(item *Item) int { return item.Sample })
	return b.Mean(imageMeans(values.exact, images)), b.Mean(imageMeans(values.cider, images)), nil
}
