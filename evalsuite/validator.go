package evalsuite

import (
	"context"
	"maps"
	"slices"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// Validator scores a model on held-out samples while it trains. It is the [stages.Evaluator] for
// [stages.Options]; its zero value is ready to use.
type Validator struct{}

var _ stages.Evaluator = Validator{}

// validation holds the samples drawn for a run, and the model's compiled graphs.
type validation struct {
	predictor *TrainedPredictor // of a PaLI-3
	embedder  *Embedder         // of a SigLIP
	frozen    bool              // the image encoder does not learn
	ranked    []shards.Sample   // of a SigLIP
	captions  asked
	answers   []asked
	names     []string // of the metrics
	bootstrap metrics.Bootstrap
}

// asked are queries with what to score of their answers.
type asked struct {
	queries []Query
	items   []Item
	metrics []Metric // of answers
}

// Prepare draws the samples. It returns a function that scores the weights that the model's set
// holds when it is called.
func (Validator) Prepare(be compute.Backend, model *stages.Trained, on stages.HeldOut, names []string) (func(context.Context) (map[string]stages.Score, error), error) {
	v := &validation{names: names, frozen: model.Recipe.FreezesImages(), bootstrap: metrics.Bootstrap{Seed: on.Seed}}
	var err error
	if _, embeds := model.Model.(family.Embedder); embeds {
		v.embedder, err = NewEmbedder(be, model)
	} else {
		v.predictor, err = NewPredictor(be, model)
	}
	if err != nil {
		return nil, err
	}
	from, err := findHeldOut(on, model)
	if err != nil {
		return nil, err
	}
	if v.embedder != nil {
		v.ranked, err = from.captioned()
		return v.score, err
	}
	if slices.Contains(names, captionExact) || slices.Contains(names, captionCIDEr) {
		if v.captions, err = from.captionQueries(); err != nil {
			return nil, err
		}
	}
	for _, of := range [][]Metric{{vqaMetric}, objectMetrics, matchMetrics} {
		if !slices.ContainsFunc(of, func(m Metric) bool { return slices.Contains(names, m.Name) }) {
			continue
		}
		a, err := from.questionQueries(of[0].Task)
		if err != nil {
			return nil, err
		}
		a.metrics = of
		v.answers = append(v.answers, a)
	}
	return v.score, nil
}

// score scores the current weights.
func (v *validation) score(ctx context.Context) (map[string]stages.Score, error) {
	all := map[string]metrics.Score{}
	if v.predictor != nil && !v.frozen {
		v.predictor.Use(v.predictor.weights) // forgets the visual tokens of the last step's encoder
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.embedder != nil {
		recalls, err := Retrieve(v.embedder, v.ranked, v.bootstrap)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, recalls)
	}
	if len(v.captions.items) > 0 {
		err := Ask(ctx, v.predictor, v.captions.queries, v.captions.items)
		if err == nil {
			all[captionExact], all[captionCIDEr], err = ScoreCaptions(v.captions.items, v.bootstrap)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, a := range v.answers {
		if err := Ask(ctx, v.predictor, a.queries, a.items); err != nil {
			return nil, err
		}
		for _, m := range a.metrics {
			values, err := m.Score(a.items)
			if err != nil {
				return nil, err
			}
			all[m.Name] = v.bootstrap.Mean(values)
		}
	}
	scores := map[string]stages.Score{}
	for _, name := range v.names {
		scores[name] = stages.Score(all[name])
	}
	return scores, ctx.Err()
}
