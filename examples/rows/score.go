package main

import (
	"context"
	"fmt"
	"io"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/stages"
)

// small is a model that trains in seconds.
const small = recipe + `
family: pali3
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 8}
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 3
optimizer: {name: adamw, learning_rate: 0.01}
eval: {every: 3, metrics: [loss], samples: 8}
`

// trainAndScore trains on a table into a run folder, and scores captions of its held-out rows.
func trainAndScore(ctx context.Context, out io.Writer, path, run string) error {
	be, err := backend.Open("")
	if err != nil {
		return err
	}
	all := &stages.Registry{Data: registry()}
	r, err := stages.ParseRecipe([]byte(small), "recipe", all, fmt.Sprintf("data=%q", "csv://"+path))
	if err != nil {
		return err
	}
	if _, err := stages.Run(ctx, r, run, stages.Options{Backend: be, Evaluator: evalsuite.Validator{}}); err != nil {
		return err
	}
	trained, err := stages.Open(be, run, all)
	if err != nil {
		return err
	}
	data, err := all.Data.OpenData(ctx, "csv://"+path)
	if err != nil {
		return err
	}
	defer data.Close()
	e, err := evalsuite.Evaluate(ctx, be, trained, data, evalsuite.EvaluateOptions{Split: "val", Bootstrap: metrics.Bootstrap{Resamples: 100}})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s scores CIDEr %.2f on %d rows\n", run, e.Scores["caption_cider"].Model.Value, e.Samples)

	// Any other model answers the same questions.
	held, err := evalsuite.Samples(data, "val")
	if err != nil {
		return err
	}
	queries, items := evalsuite.Captions(held)
	if err := evalsuite.Ask(ctx, constant("a dot"), queries, items); err != nil {
		return err
	}
	exact, cider, err := evalsuite.ScoreCaptions(items, metrics.Bootstrap{Resamples: 100})
	fmt.Fprintf(out, "%q scores CIDEr %.2f, and is right %.0f times of %d\n", "a dot", cider.Value, exact.Value*float64(exact.N), exact.N)
	return err
}

// constant is a model of our own: it says the same of every image.
type constant string

func (c constant) Predict(_ context.Context, queries []evalsuite.Query, _ func(done, total int)) ([]string, error) {
	answers := make([]string, len(queries))
	for i := range answers {
		answers[i] = string(c)
	}
	return answers, nil
}
