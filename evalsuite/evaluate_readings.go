package evalsuite

import (
	"context"
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Names of the scores of texts that are read out of images.
const (
	ocrCER   = "ocr_cer"
	ocrWER   = "ocr_wer"
	ocrExact = "ocr_exact"
)

// readings scores the texts that the model reads in images.
func (r *evaluation) readings(ctx context.Context) error {
	requests, left, err := r.split.requests(ctx, r.task(OCRTask, r.Texts), r.Languages)
	if err != nil {
		return err
	}
	r.result.leaveOut(left, r.Warn)
	r.warn(OCRTask, requests)
	items := itemsOf(requests)
	read := func(file string, w variant, blind bool) ([]Item, error) {
		done, err := r.predict(ctx, "readings", file, w, blind, requests)
		if err != nil {
			return nil, err
		}
		if w == trained && !blind {
			r.countFailed(OCRTask, done)
		}
		said := slices.Clone(items)
		for i := range said {
			said[i].Prediction, said[i].Error = done.predictions[i].Prediction, done.predictions[i].Error
		}
		return said, nil
	}
	model, err := read("model", trained, false)
	if err != nil {
		return err
	}
	var initial, grey []Item
	if r.Untrained {
		if initial, err = read("untrained", untrained, false); err != nil {
			return err
		}
	}
	if r.Blind {
		if grey, err = read("blind", trained, true); err != nil {
			return err
		}
	}
	r.result.scoreReadings(model, initial, grey, r.Bootstrap)
	return nil
}

// scoreReadings scores texts: the character and word error rates of all of them together, and the
// share that is equal. Initial and grey may be nil.
func (e *Evaluation) scoreReadings(model, initial, grey []Item, b metrics.Bootstrap) {
	e.Readings = model
	groups := map[string][]int{}
	for i := range model {
		groups[model[i].Language] = append(groups[model[i].Language], i)
	}
	for name, score := range map[string]func([]Item, metrics.Bootstrap) metrics.Score{
		ocrCER:   errorRate(metrics.CountCharacterErrors),
		ocrWER:   errorRate(metrics.CountWordErrors),
		ocrExact: equalReadings,
	} {
		of := func(chosen func([]Item) []Item) Scores {
			s := Scores{Model: score(chosen(model), b)}
			if initial != nil {
				one := score(chosen(initial), b)
				s.Untrained = &one
			}
			if grey != nil {
				one := score(chosen(grey), b)
				s.Blind = &one
			}
			return s
		}
		if grey != nil {
			e.BlindBy[name] = byGrey
		}
		e.Scores[name] = of(func(all []Item) []Item { return all })
		for language, members := range groups {
			addSlice(&e.ByLanguage, name, language, of(func(all []Item) []Item {
				some := make([]Item, len(members))
				for at, i := range members {
					some[at] = all[i]
				}
				return some
			}))
		}
	}
	for i := range model {
		model[i].Values = map[string]float64{ocrExact: exactReading(&model[i])}
	}
}

// errorRate is the rate of errors of all texts together. Of several right texts the nearest counts.
func errorRate(count func(prediction, reference string) metrics.ErrorCounts) func([]Item, metrics.Bootstrap) metrics.Score {
	return func(items []Item, b metrics.Bootstrap) metrics.Score {
		counts := make([]metrics.ErrorCounts, len(items))
		for i := range items {
			best := math.Inf(1)
			for _, reference := range items[i].References {
				if c := count(items[i].Prediction, reference); c.Rate() < best {
					counts[i], best = c, c.Rate()
				}
			}
		}
		return b.Statistic(len(items), func(chosen []int) float64 {
			var sum metrics.ErrorCounts
			for _, i := range chosen {
				sum.Add(counts[i])
			}
			return sum.Rate()
		})
	}
}

// equalReadings is the share of texts that are equal to a right one.
func equalReadings(items []Item, b metrics.Bootstrap) metrics.Score {
	values := make([]float64, len(items))
	for i := range items {
		values[i] = exactReading(&items[i])
	}
	return b.Mean(values)
}

func exactReading(i *Item) float64 {
	if i.Error == "" && metrics.ExactMatch(i.Prediction, i.References...) {
		return 1
	}
	return 0
}
