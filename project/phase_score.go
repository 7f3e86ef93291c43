package project

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// scorePhase is the name of the scoring phase in the state.
const scorePhase = "score"

// score scores the models and writes the summary and the report, unless they are up to date.
func (r *runner) score(ctx context.Context) (*Summary, error) {
	want, err := r.scoredFrom()
	if err != nil {
		return nil, err
	}
	before := r.state.Phases[scorePhase]
	if before.Done && before.same(want) && r.exist([]string{SummaryFile, ReportFile}) {
		return readSummary(r.dir)
	}
	r.state.Phases[scorePhase] = want
	if err := r.save(); err != nil {
		return nil, err
	}
	data, err := r.Registry.OpenDataset(ctx, r.pipeline.final(r.dir))
	if err != nil {
		return nil, err
	}
	defer data.Close()
	found, err := r.evaluate(ctx, data)
	if err != nil {
		return nil, err
	}
	s, err := r.summarize(data, found)
	if err != nil {
		return nil, err
	}
	if err := writeJSON(r.path(SummaryFile), s); err != nil {
		return nil, err
	}
	if err := r.report(ctx); err != nil {
		return nil, err
	}
	want.Done = true
	r.state.Phases[scorePhase] = want
	return s, r.save()
}

// scoredFrom returns the state of the scores for the current inputs.
func (r *runner) scoredFrom() (want phaseState, err error) {
	content, err := json.Marshal(struct {
		Score Score
		Seed  uint64
		Title []string
	}{r.pipeline.Score, r.pipeline.Seed, []string{r.pipeline.Title, r.pipeline.About}})
	if err != nil {
		return want, err
	}
	data, err := fingerprint(r.Registry, r.pipeline.final(r.dir))
	if err != nil {
		return want, err
	}
	parts := []string{string(content), data}
	for _, s := range r.pipeline.Train {
		made := r.state.Phases[s.Name]
		parts = append(parts, made.Identity, fmt.Sprint(made.Steps))
	}
	want.Identity = identityOf(parts...)
	return want, nil
}

// scoredSplit holds the evaluations on a split, by task.
type scoredSplit struct {
	split string
	tasks map[string]*evalsuite.Evaluation
}

// evaluate scores each task on each split. It reads back predictions that an interrupted run wrote.
func (r *runner) evaluate(ctx context.Context, data *shards.Dataset) (found []scoredSplit, err error) {
	for _, split := range r.pipeline.Score.Splits {
		of := scoredSplit{split, map[string]*evalsuite.Evaluation{}}
		for _, scored := range r.pipeline.Score.stages() {
			if of.tasks[scored.task], err = r.evaluateTask(ctx, data, split, scored); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", scored.task, split, err)
			}
		}
		found = append(found, of)
	}
	return found, nil
}

func (r *runner) evaluateTask(ctx context.Context, data *shards.Dataset, split string, s scored) (*evalsuite.Evaluation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	trained, err := stages.Open(r.Backend, r.path(s.stage), r.Registry)
	if err != nil {
		return nil, err
	}
	if err := trained.OpenVisualTokens(); err != nil {
		return nil, err
	}
	if kept := trained.VisualTokens; kept != nil {
		defer func() {
			for _, problem := range kept.CloseAndReport() {
				r.warn(problem)
			}
		}()
	}
	var line Line
	part := ""
	defer func() {
		if line != nil {
			line.End()
		}
	}()
	return evalsuite.Evaluate(ctx, r.Backend, trained, data, evalsuite.EvaluateOptions{
		Split: split, Tasks: []string{s.task}, Dir: r.path(predictionsFolder), Samples: r.pipeline.Score.Samples,
		Blind: true, Untrained: true, Bootstrap: r.bootstrap(), Warn: r.Warn,
		Progress: func(name string, done, total int) {
			if name != part {
				if line != nil {
					line.End()
				}
				part, line = name, r.Progress.begin("score "+name, "queries", int64(total))
			}
			line.Set(int64(done), 0)
		},
	})
}

func (r *runner) bootstrap() metrics.Bootstrap { return metrics.Bootstrap{Seed: r.pipeline.Seed} }

// summarize joins the scores of all splits, and writes images on which to try the models.
func (r *runner) summarize(data *shards.Dataset, found []scoredSplit) (*Summary, error) {
	if err := r.save(); err != nil {
		return nil, err
	}
	s := &Summary{
		Scores: map[string]map[string]evalsuite.Scores{}, Seconds: r.state.Seconds, PeakRSSBytes: r.state.PeakRSS,
		Seed: r.pipeline.Seed, Version: r.Version,
	}
	for _, of := range found {
		s.Order = append(s.Order, of.split)
		s.Scores[of.split] = map[string]evalsuite.Scores{}
		for _, e := range of.tasks {
			for name, scores := range e.Scores {
				s.Scores[of.split][name] = scores
			}
		}
	}
	first, err := r.writeImages(data)
	if err == nil {
		s.Try = r.try(first)
	}
	return s, err
}

// try lists commands that use the models on a held-out image.
func (r *runner) try(first *held) (lines []string) {
	if first == nil {
		return nil
	}
	image := shellWord(filepath.Join(r.dir, ImagesFolder, first.file))
	if r.pipeline.Score.Caption != "" {
		line := fmt.Sprintf("pali3 caption %s --model %s", image, shellWord(r.path(r.pipeline.Score.Caption)))
		if first.language != "" {
			line += " --lang " + first.language
		}
		lines = append(lines, line)
	}
	if r.pipeline.Score.VQA != "" && first.question != "" {
		lines = append(lines, fmt.Sprintf("pali3 ask %s %q --model %s", image, first.question, shellWord(r.path(r.pipeline.Score.VQA))))
	}
	return append(lines, fmt.Sprintf("pali3 report %s --out report.html", shellWord(r.path(r.pipeline.Train[len(r.pipeline.Train)-1].Name))))
}
