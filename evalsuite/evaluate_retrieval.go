package evalsuite

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// retrieval scores how well images find their texts, and texts their images, by their embeddings.
func (r *evaluation) retrieval(ctx context.Context) error {
	task := r.task(RetrievalTask, r.Texts)
	s := r.split
	requests, left, err := s.requests(ctx, task, r.Languages)
	if err != nil {
		return err
	}
	left.Task = RetrievalTask
	r.result.leaveOut(left, r.Warn)
	r.warn(RetrievalTask, requests)
	items := itemsOf(requests)
	if contrastive, _ := taskOf(r.trained, kindOf(RetrievalTask)); contrastive.Prompt != "" {
		for i := range items {
			for j, text := range items[i].References {
				items[i].References[j] = strings.ReplaceAll(contrastive.Prompt, "{text}", text)
			}
		}
	}
	model, err := r.rank(ctx, s, items, trained)
	if err != nil {
		return err
	}
	r.result.Ranked = model.items(s)
	var initial *ranking
	if r.Untrained {
		if initial, err = r.rank(ctx, s, items, untrained); err != nil {
			return err
		}
	}
	for _, name := range recallNames {
		scores := Scores{Model: r.Bootstrap.Mean(meansOf(model.all[name]))}
		if initial != nil {
			score := r.Bootstrap.Mean(meansOf(initial.all[name]))
			scores.Untrained = &score
		}
		if r.Blind {
			chance := chanceOf(model.chance[name])
			scores.Blind, r.result.BlindBy[name] = &chance, byChance
		}
		r.result.Scores[name] = scores
		r.retrievalByLanguage(name, model, initial)
	}
	return nil
}

var recallNames = []string{"i2t_r1", "i2t_r5", "i2t_r10", "t2i_r1", "t2i_r5", "t2i_r10"}

func (r *evaluation) retrievalByLanguage(name string, model, initial *ranking) {
	for language, values := range model.byLanguage[name] {
		scores := Scores{Model: r.Bootstrap.Mean(meansOf(values))}
		if initial != nil {
			score := r.Bootstrap.Mean(meansOf(initial.byLanguage[name][language]))
			scores.Untrained = &score
		}
		addSlice(&r.result.ByLanguage, name, language, scores)
	}
}

// rank embeds and ranks with one variant of the model. Images that cannot be read are not ranked.
func (r *evaluation) rank(ctx context.Context, s *split, items []Item, w variant) (*ranking, error) {
	e, err := r.embedder(w)
	if err != nil {
		return nil, err
	}
	images, unreadable, err := r.embedImages(ctx, e, s)
	if err != nil {
		return nil, err
	}
	if len(unreadable) > 0 && w == trained {
		left := LeftOut{Task: RetrievalTask, Reason: "images cannot be read and are not ranked", Of: len(s.samples)}
		for i := range s.samples {
			if err := unreadable[i]; err != nil {
				left.add(fmt.Sprintf("%s (%v)", s.samples[i].Key, err))
			}
		}
		r.result.leaveOut(left, r.Warn)
	}
	var readable []Item
	for i := range items {
		if unreadable[items[i].Sample] == nil {
			readable = append(readable, items[i])
		}
	}
	return rank(ctx, e, images, readable)
}

// embedImages embeds the first image of each sample, one batch at a time.
func (r *evaluation) embedImages(ctx context.Context, e *Embedder, s *split) (embedded [][]float32, unreadable map[int]error, err error) {
	unreadable = map[int]error{}
	for begin := 0; begin < len(s.rows); begin += e.Batch {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		end := min(begin+e.Batch, len(s.rows))
		var images []shards.Image
		for some, err := range imagesOfRows(s.data, s.rows[begin:end]) {
			if err != nil {
				return nil, nil, err
			}
			images = append(images, some[0])
		}
		part, bad, err := e.readable(images)
		if err != nil {
			return nil, nil, err
		}
		embedded = append(embedded, part...)
		for i, why := range bad {
			unreadable[begin+i] = why
		}
		if r.Progress != nil {
			r.Progress(fileName(s.name)+"-images", end, len(s.rows))
		}
	}
	return embedded, unreadable, nil
}

// addChances adds, like addRecalls, the probability that a random order has a right item among its
// first k.
func addChances(to map[string][][]float64, images int, owners []int) {
	texts := map[int]int{}
	var shown []int
	for _, owner := range owners {
		if texts[owner]++; texts[owner] == 1 {
			shown = append(shown, owner)
		}
	}
	for _, k := range []int{1, 5, 10} {
		i2t, t2i := make([][]float64, len(shown)), make([][]float64, len(shown))
		for i, image := range shown {
			i2t[i] = []float64{chanceAt(k, texts[image], len(owners))}
			t2i[i] = []float64{chanceAt(k, 1, len(shown))}
		}
		add(to, fmt.Sprintf("i2t_r%d", k), images, shown, i2t)
		add(to, fmt.Sprintf("t2i_r%d", k), images, shown, t2i)
	}
}

// chanceAt returns the probability that a random order of n items, of which t are right, has a
// right one among its first k: 1 - C(n-t, k)/C(n, k).
func chanceAt(k, right, n int) float64 {
	if right == 1 {
		return min(1, float64(k)/float64(n))
	}
	none := 1.0
	for i := range min(k, n) {
		none *= math.Max(0, float64(n-right-i)) / float64(n-i)
	}
	return 1 - none
}

// chanceOf averages the chances of images. Its interval holds 95% of random orders.
func chanceOf(chances [][]float64) metrics.Score {
	var means []float64
	for _, of := range chances {
		if len(of) > 0 {
			means = append(means, steadyMean(of))
		}
	}
	if len(means) == 0 {
		return metrics.Score{}
	}
	n, p := len(means), steadyMean(means)
	return metrics.Score{Value: p, Lo: binomialQuantile(n, p, 0.025), Hi: binomialQuantile(n, p, 0.975), N: n}
}

// steadyMean returns the mean. If all values are equal it returns that value, to the last bit.
func steadyMean(values []float64) float64 {
	for _, v := range values {
		if v != values[0] {
			return mean(values)
		}
	}
	return values[0]
}
