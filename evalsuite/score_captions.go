package evalsuite

import (
	"github.com/pali3/pali3/evalsuite/metrics"
)

// captionScorer scores answers to the same requests for captions again and again: the truths are
// tokenized once.
type captionScorer struct {
	items      []Item
	groups     [][]int      // the positions of each language, each a corpus of its own
	references [][][]string // their truths, tokenized
}

func newCaptionScorer(items []Item) *captionScorer {
	c := &captionScorer{items: items, groups: group(items, func(s *Item) string { return s.Language })}
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

// captionValues are the scores of each caption.
type captionValues struct {
	exact, cider []float64
	bleu         []metrics.BLEUCounts
}

// score scores an answer to each request. CIDEr takes the document frequencies of each language's
// captions.
func (c *captionScorer) score(answers []string) (captionValues, error) {
	n := len(c.items)
	v := captionValues{make([]float64, n), make([]float64, n), make([]metrics.BLEUCounts, n)}
	for i := range c.items {
		if metrics.ExactMatch(answers[i], c.items[i].References...) {
			v.exact[i] = 1
		}
	}
	for g, members := range c.groups {
		candidates := make([]string, len(members))
		for j, i := range members {
			candidates[j] = answers[i]
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
	return v, nil
}

// byMetric averages captions by metric. What is averaged, and resampled for the interval, is
// images: an image's score is the mean over its languages, and its BLEU is counted over all of
// them.
func (v captionValues) byMetric(items []Item, b metrics.Bootstrap) map[string]metrics.Score {
	exact, cider, bleu := v.byImage(groupBy(items, func(s *Item) int { return s.Sample }))
	return map[string]metrics.Score{"caption_exact": b.Mean(exact), "caption_cider": b.Mean(cider), "caption_bleu4": b.BLEU4(bleu)}
}

func (v captionValues) byImage(images [][]int) (exact, cider []float64, bleu []metrics.BLEUCounts) {
	for _, members := range images {
		e, c := 0.0, 0.0
		var counts metrics.BLEUCounts
		for _, i := range members {
			e += v.exact[i] / float64(len(members))
			c += v.cider[i] / float64(len(members))
			counts.Add(v.bleu[i])
		}
		exact, cider, bleu = append(exact, e), append(cider, c), append(bleu, counts)
	}
	return exact, cider, bleu
}

// of returns the values of some of the captions.
func (v captionValues) of(members []int) captionValues {
	var part captionValues
	for _, i := range members {
		part.exact, part.cider, part.bleu = append(part.exact, v.exact[i]), append(part.cider, v.cider[i]), append(part.bleu, v.bleu[i])
	}
	return part
}

// put writes answers and their scores into a copy of what was asked.
func (v captionValues) put(items []Item, answers []string) []Item {
	scored := append([]Item(nil), items...)
	for i := range scored {
		scored[i].Prediction, scored[i].Score, scored[i].CIDEr = answers[i], v.exact[i], v.cider[i]
	}
	return scored
}

// ScoreCaptions scores captions: exact match, and CIDEr with the document frequencies of each
// language's captions. What is averaged, and resampled for the interval, is images: an image's
// score is the mean over its languages.
func ScoreCaptions(items []Item, b metrics.Bootstrap) (exact, cider metrics.Score, err error) {
	answers := make([]string, len(items))
	for i := range items {
		answers[i] = items[i].Prediction
	}
	values, err := newCaptionScorer(items).score(answers)
	if err != nil {
		return exact, cider, err
	}
	for i := range items {
		items[i].Score, items[i].CIDEr = values.exact[i], values.cider[i]
	}
	exacts, ciders, _ := values.byImage(groupBy(items, func(s *Item) int { return s.Sample }))
	return b.Mean(exacts), b.Mean(ciders), nil
}
