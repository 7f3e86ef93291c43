package quickstart

import (
	"context"

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
	blind    []evalsuite.Said // answers to a grey image, or the best constant ones
}

// scored is a model with the task that it is scored by.
type scored struct {
	evaluator *evalsuite.Evaluator
	task      string
}

// evaluate scores one split. Predictions that an earlier, interrupted run wrote are read back.
func (r *runner) evaluate(ctx context.Context, data *shards.Dataset, split string, with []scored) (*result, error) {
	samples, err := evalsuite.Samples(data, split)
	if err != nil {
		return nil, err
	}
	rows, err := evalsuite.SplitRows(ctx, data, split)
	if err != nil {
		return nil, err
	}
	if r.Smoke {
		samples, rows = samples[:min(smokeSamples, len(samples))], rows[:min(smokeSamples, len(rows))]
	}
	found := &result{split: split, samples: samples, scores: map[string]Scores{}}
	for _, one := range with {
		if err := r.score(ctx, data, rows, one, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (r *runner) bootstrap() metrics.Bootstrap { return metrics.Bootstrap{Seed: r.Seed} }

// score adds what one model scores to what was found.
func (r *runner) score(ctx context.Context, data *shards.Dataset, rows []int, one scored, found *result) error {
	progress := &listening{begin: r.Progress}
	defer progress.end()
	e, err := one.evaluator.Evaluate(ctx, data, evalsuite.EvaluateOptions{
		Split: found.split, Tasks: []string{one.task}, Dir: r.path("predictions"), Rows: rows,
		Blind: true, Untrained: true, GreyOnly: true, Bootstrap: r.bootstrap(), Progress: progress.set,
	})
	if err != nil {
		return err
	}
	for _, metric := range Metrics {
		if s, ok := e.Scores[metric]; ok {
			found.scores[metric] = Scores{Model: s.Model, Untrained: *s.Untrained, Blind: *s.Blind}
		}
	}
	switch one.task {
	case evalsuite.CaptionTask:
		found.captions = e.Captions
	case evalsuite.VQATask:
		found.answers, found.blind = e.Answers, e.Blind
	}
	return nil
}

// listening shows the progress of one prediction file after another.
type listening struct {
	begin func(name, unit string, total int64) Line
	name  string
	line  Line
}

func (l *listening) set(name string, done, total int) {
	if l.line == nil || l.name != name {
		l.end()
		l.name, l.line = name, l.begin("answer "+name, "queries", int64(total))
	}
	l.line.Set(int64(done), 0)
}

func (l *listening) end() {
	if l.line != nil {
		l.line.End()
	}
}
