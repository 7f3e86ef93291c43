package evalsuite

import (
	"context"
	"maps"
	"slices"

	corpora "github.com/pali3/pali3/evalsuite/internal/captions"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/meteor"
)

// captionScorer scores captions of the same items several times: of the model, of the untrained
// model, of baselines. It tokenizes the references once.
type captionScorer struct {
	items   []Item
	further []Metric
	corpus  *corpora.Corpus // each language is a corpus of its own
	meteor  *meteor.Scorer  // nil: the scores by METEOR are left out
}

func newCaptionScorer(items []Item, further []Metric, scorer *meteor.Scorer) (*captionScorer, error) {
	languages, references := make([]string, len(items)), make([][]string, len(items))
	for i := range items {
		languages[i], references[i] = items[i].Language, items[i].References
	}
	corpus, err := corpora.New(languages, references)
	return &captionScorer{items, further, corpus, scorer}, err
}

// names lists the metrics, in the order in which they are compared: the built-in ones, then the
// further ones.
func (c *captionScorer) names() []string {
	names := []string{captionCIDEr, captionExact}
	names = append(append(names, captionBLEU[:]...), captionROUGEL)
	if c.meteor != nil {
		names = append(names, c.meteorName())
	}
	for _, m := range c.further {
		names = append(names, m.Name)
	}
	return names
}

// meteorName is the name of the metric by METEOR.
func (c *captionScorer) meteorName() string { return "caption_" + c.meteor.Name() }

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
	exact, cider, rougeL []float64
	bleu                 []metrics.BLEUCounts
	meteorName           string // "" without METEOR
	meteor               []meteor.Counts
	english              []bool // which captions METEOR counts
	further              map[string][]float64
}

// score scores one caption per item. CIDEr takes its document frequencies from the references of
// each language. Failed says why an item has no caption; it may be nil.
func (c *captionScorer) score(ctx context.Context, captions, failed []string) (v captionValues, err error) {
	v = captionValues{exact: make([]float64, len(c.items)), further: map[string][]float64{}}
	for i := range c.items {
		if metrics.ExactMatch(captions[i], c.items[i].References...) {
			v.exact[i] = 1
		}
	}
	scores, err := c.corpus.Score(captions)
	if err != nil {
		return v, err
	}
	v.cider, v.rougeL, v.bleu = scores.CIDEr, scores.ROUGEL, scores.BLEU
	if c.meteor != nil {
		v.meteorName = c.meteorName()
		if v.meteor, v.english, err = c.corpus.METEOR(ctx, c.meteor, captions); err != nil {
			return v, err
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

// byMetric averages captions by some metrics. The unit that is averaged, and resampled for the
// interval, is the image: its value is the mean over its languages, and its counts for BLEU and
// METEOR are summed over them. METEOR has no score without an English caption. BLEU-1 to BLEU-4,
// which need the same resamples, come together.
func (v captionValues) byMetric(items []Item, names []string, b metrics.Bootstrap) map[string]metrics.Score {
	images := groupBy(items, func(item *Item) int { return item.Sample })
	scores := map[string]metrics.Score{}
	for _, name := range names {
		if _, have := scores[name]; have {
			continue
		}
		switch {
		case name == captionCIDEr:
			scores[name] = b.Mean(imageMeans(v.cider, images))
		case name == captionExact:
			scores[name] = b.Mean(imageMeans(v.exact, images))
		case name == captionROUGEL:
			scores[name] = b.Mean(imageMeans(v.rougeL, images))
		case slices.Contains(captionBLEU[:], name):
			for n, score := range b.BLEU(v.imageBLEU(images)) {
				scores[captionBLEU[n]] = score
			}
		case name == v.meteorName:
			if score := v.meteorScore(images, b); score.N > 0 {
				scores[name] = score
			}
		default:
			scores[name] = b.Mean(imageMeans(v.further[name], images))
		}
	}
	return scores
}

// imageBLEU sums the counts of each image's captions.
func (v captionValues) imageBLEU(images [][]int) []metrics.BLEUCounts {
	counts := make([]metrics.BLEUCounts, len(images))
	for n, members := range images {
		for _, i := range members {
			counts[n].Add(v.bleu[i])
		}
	}
	return counts
}

// meteorScore is the METEOR of the English captions.
func (v captionValues) meteorScore(images [][]int, b metrics.Bootstrap) metrics.Score {
	var english [][]int
	for _, members := range images {
		members = slices.DeleteFunc(slices.Clone(members), func(i int) bool { return !v.english[i] })
		if len(members) > 0 {
			english = append(english, members)
		}
	}
	return b.Statistic(len(english), func(chosen []int) float64 {
		var sum meteor.Counts
		for _, n := range chosen {
			for _, i := range english[n] {
				sum.Add(v.meteor[i])
			}
		}
		return sum.Score()
	})
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
	return v.byMetric(items, []string{metric}, metrics.Bootstrap{Resamples: 1})[metric].Value
}

// of returns the values of some of the captions.
func (v captionValues) of(members []int) captionValues {
	part := v
	part.exact, part.cider, part.rougeL, part.bleu = pick(v.exact, members), pick(v.cider, members), pick(v.rougeL, members), pick(v.bleu, members)
	if v.meteorName != "" {
		part.meteor, part.english = pick(v.meteor, members), pick(v.english, members)
	}
	part.further = maps.Clone(v.further)
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
	scorer, err := newCaptionScorer(items, nil, nil)
	if err != nil {
		return exact, cider, err
	}
	values, err := scorer.score(context.Background(), captions, nil)
	if err != nil {
		return exact, cider, err
	}
	for i := range items {
		items[i].Score, items[i].CIDEr = values.exact[i], values.cider[i]
	}
	scores := values.byMetric(items, []string{captionExact, captionCIDEr}, b)
	return scores[captionExact], scores[captionCIDEr], nil
}
