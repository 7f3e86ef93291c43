package evalsuite

import (
	"context"
	"maps"
	"slices"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// Validator scores a model in training on held-out samples: it is the [stages.Evaluator] for
// [stages.Options]. Its zero value is ready to use.
type Validator struct{}

var _ stages.Evaluator = Validator{}

// validating is the scorer of a run: the samples drawn for it, and the model's compiled graphs.
type validating struct {
	answerer  *TrainedPredictor
	embedder  *Embedder
	frozen    bool // the image encoder
	captioned []shards.Sample
	asked     []shards.Sample
	names     []string
	bootstrap metrics.Bootstrap
}

// Prepare draws the samples and returns the function that scores the weights which model's set
// holds then.
func (Validator) Prepare(be compute.Backend, model *stages.Trained, on stages.HeldOut, names []string) (func(context.Context) (map[string]stages.Score, error), error) {
	v := &validating{names: names, frozen: model.Recipe.FreezesImages(), bootstrap: metrics.Bootstrap{Seed: on.Seed}}
	var err error
	if model.SigLIP != nil {
		v.embedder, err = NewEmbedder(be, model)
	} else {
		v.answerer, err = NewPredictor(be, model)
	}
	if err != nil {
		return nil, err
	}
	from, err := findHeldOut(on, model)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(names, func(name string) bool { return name != vqaAccuracy }) {
		if v.captioned, err = from.captioned(); err != nil {
			return nil, err
		}
	}
	if slices.Contains(names, vqaAccuracy) {
		v.asked, err = from.asked()
	}
	return v.score, err
}

// score scores the weights as they are.
func (v *validating) score(ctx context.Context) (map[string]stages.Score, error) {
	all := map[string]metrics.Score{}
	if v.answerer != nil && !v.frozen {
		v.answerer.Use(v.answerer.Weights) // the tokens are of another step's image encoder
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if v.embedder != nil {
		found, err := Retrieve(v.embedder, v.captioned, v.bootstrap)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, found)
	}
	if len(v.captioned) > 0 && v.answerer != nil {
		queries, items := Captions(v.captioned)
		err := Ask(ctx, v.answerer, queries, items)
		if err == nil {
			all["caption_exact"], all["caption_cider"], err = ScoreCaptions(items, v.bootstrap)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(v.asked) > 0 {
		queries, items := Questions(v.asked)
		if err := Ask(ctx, v.answerer, queries, items); err != nil {
			return nil, err
		}
		all[vqaAccuracy] = ScoreAnswers(items, v.bootstrap)
	}
	scores := map[string]stages.Score{}
	for _, name := range v.names {
		scores[name] = stages.Score(all[name])
	}
	return scores, ctx.Err()
}
