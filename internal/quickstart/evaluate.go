package quickstart

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// result is what a split's evaluation found, for the summary and the report.
type result struct {
	split    string
	samples  []shards.Sample
	scores   map[string]Scores
	captions []evalsuite.Said // of the model
	answers  []evalsuite.Said
	blind    []evalsuite.Said // answers to a grey picture
}

// speakers are the models that are scored, opened when first needed.
type speakers struct {
	caption, vqa                   func() (evalsuite.Speaker, error)
	untrainedCaption, untrainedVQA func() (evalsuite.Speaker, error)
	trained, untrained             func() (*evalsuite.Embedder, error)
}

// evaluate scores one split. Predictions that an earlier, interrupted run wrote are read back.
func (r *runner) evaluate(ctx context.Context, data *shards.Dataset, split string, with speakers) (*result, error) {
	samples, err := evalsuite.Samples(data, split)
	if err != nil {
		return nil, err
	}
	if r.Smoke {
		samples = samples[:min(smokeSamples, len(samples))]
	}
	found := &result{split: split, samples: samples, scores: map[string]Scores{}}
	if err := r.scoreCaptions(ctx, found, with); err != nil {
		return nil, fmt.Errorf("captions of %s: %w", split, err)
	}
	if err := r.scoreAnswers(ctx, found, with); err != nil {
		return nil, fmt.Errorf("answers of %s: %w", split, err)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := r.scoreRetrieval(found, with); err != nil {
		return nil, fmt.Errorf("retrieval in %s: %w", split, err)
	}
	return found, nil
}

func (r *runner) bootstrap() metrics.Bootstrap { return metrics.Bootstrap{Seed: r.Seed} }

func (r *runner) scoreCaptions(ctx context.Context, found *result, with speakers) error {
	queries, said := evalsuite.Captions(found.samples)
	exact, cider := Scores{}, Scores{}
	for _, who := range []struct {
		name    string
		speaker func() (evalsuite.Speaker, error)
		blind   bool
		exact   *metrics.Score
		cider   *metrics.Score
	}{
		{"model", with.caption, false, &exact.Model, &cider.Model},
		{"untrained", with.untrainedCaption, false, &exact.Untrained, &cider.Untrained},
		{"blind", with.caption, true, &exact.Blind, &cider.Blind},
	} {
		heard, err := r.listen(ctx, found.split+"-captions-"+who.name, who.speaker, who.blind, queries, said)
		if err != nil {
			return err
		}
		if *who.exact, *who.cider, err = evalsuite.ScoreCaptions(heard, r.bootstrap()); err != nil {
			return err
		}
		if who.name == "model" {
			found.captions = heard
		}
	}
	found.scores["caption_exact"], found.scores["caption_cider"] = exact, cider
	return nil
}

func (r *runner) scoreAnswers(ctx context.Context, found *result, with speakers) error {
	queries, said := evalsuite.Questions(found.samples)
	model, err := r.listen(ctx, found.split+"-answers-model", with.vqa, false, queries, said)
	if err != nil {
		return err
	}
	untrained, err := r.listen(ctx, found.split+"-answers-untrained", with.untrainedVQA, false, queries, said)
	if err != nil {
		return err
	}
	grey, err := r.listen(ctx, found.split+"-answers-blind", with.vqa, true, queries, said)
	if err != nil {
		return err
	}
	scores := Scores{
		Model:     evalsuite.ScoreAnswers(model, r.bootstrap()),
		Untrained: evalsuite.ScoreAnswers(untrained, r.bootstrap()),
		Blind:     evalsuite.ScoreAnswers(grey, r.bootstrap()),
	}
	constant := append([]evalsuite.Said(nil), said...)
	evalsuite.Constant(constant)
	if best := evalsuite.ScoreAnswers(constant, r.bootstrap()); best.Value > scores.Blind.Value {
		scores.Blind, grey = best, constant
	}
	found.scores["vqa_accuracy"], found.answers, found.blind = scores, model, grey
	return nil
}

func (r *runner) scoreRetrieval(found *result, with speakers) error {
	trained, err := with.trained()
	if err != nil {
		return err
	}
	model, err := evalsuite.Retrieve(trained, found.samples, r.bootstrap())
	if err != nil {
		return err
	}
	fresh, err := with.untrained()
	if err != nil {
		return err
	}
	untrained, err := evalsuite.Retrieve(fresh, found.samples, r.bootstrap())
	if err != nil {
		return err
	}
	for _, name := range []string{"i2t_r1", "t2i_r1"} {
		found.scores[name] = Scores{Model: model[name], Untrained: untrained[name], Blind: evalsuite.Chance(1, model[name].N)}
	}
	return nil
}

// listen returns what a model says to the queries, before a grey picture if blind.
func (r *runner) listen(ctx context.Context, name string, speaker func() (evalsuite.Speaker, error), blind bool, queries []evalsuite.Query, said []evalsuite.Said) ([]evalsuite.Said, error) {
	heard := append([]evalsuite.Said(nil), said...)
	path := filepath.Join(r.Out, "predictions", name+".jsonl")
	kept, err := evalsuite.ReadPredictions(path)
	if err == nil && len(kept) == len(said) {
		for i := range heard {
			heard[i].Answer = kept[heard[i].ID]
		}
		return heard, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if blind {
		if queries, err = evalsuite.Blinded(queries); err != nil {
			return nil, err
		}
	}
	model, err := speaker()
	if err != nil {
		return nil, err
	}
	line := r.Progress("answer "+name, "queries", int64(len(queries)))
	defer line.End()
	answers, err := model.Answer(ctx, queries, func(done, _ int) { line.Set(int64(done), 0) })
	if err != nil {
		return nil, err
	}
	predictions := make([]evalsuite.Prediction, len(answers))
	for i, answer := range answers {
		heard[i].Answer = answer
		predictions[i] = evalsuite.Prediction{ID: heard[i].ID, Prediction: answer}
	}
	return heard, evalsuite.WritePredictions(path, predictions)
}
