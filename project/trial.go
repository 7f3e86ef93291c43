package project

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// trialSteps is the number of steps of each stage to time. The first half does not count: it
// compiles the graph while batches are prefetched.
const trialSteps = 14

// trialSamples is the number of samples with smaller images for the trial, if the project shrinks
// images.
const trialSamples = 600

// trialData returns the dataset for the trial: the whole one, or a part of it with smaller images.
func (s *starter) trialData(ctx context.Context, d *shards.Dataset, p *Plan, scratch string) (string, error) {
	if p.Shrink == nil {
		return s.data, nil
	}
	rows := random.New(0, random.Name("trial")).Perm(d.Len())
	rows = rows[:min(trialSamples, len(rows))]
	slices.Sort(rows)
	out := filepath.Join(scratch, smallFolder)
	_, err := p.Shrink.apply(ctx, d, rows, out, silent{})
	return out, err
}

// trial times a few steps of each stage.
func (p *Plan) trial(ctx context.Context, s *starter, data, scratch string) error {
	line := s.Progress.begin("trial", "steps", int64(trialSteps*len(p.Stages)))
	defer line.End()
	for i := range p.Stages {
		stage := &p.Stages[i]
		step := func(at stages.Progress) { line.Set(int64(i*trialSteps+at.Step), 0) }
		err := p.tryStage(ctx, s, stage, data, filepath.Join(scratch, stage.Name), step)
		if err != nil && data != s.data && ctx.Err() == nil { // the part may have no sample of a rare task
			err = p.tryStage(ctx, s, stage, s.data, filepath.Join(scratch, stage.Name+"-all"), step)
		}
		if err != nil {
			return fmt.Errorf("timing a few steps of %s: %w", stage.Name, err)
		}
	}
	return nil
}

// tryStage times a few steps of a stage.
func (p *Plan) tryStage(ctx context.Context, s *starter, stage *PlannedStage, data, out string, step func(stages.Progress)) error {
	recipe, err := p.trialRecipe(s.Registry, stage.Kind, data, filepath.Dir(out))
	if err != nil {
		return err
	}
	if _, err := stages.Run(ctx, recipe, out, stages.Options{Backend: s.Backend, Workers: s.Workers, Version: s.Version, Progress: step}); err != nil {
		return err
	}
	stage.SecondsEach, err = secondsEach(out, recipe.Mixture.Batch)
	return err
}

// trialRecipe returns a stage's recipe for the data before curation, without initial weights.
func (p *Plan) trialRecipe(registry *stages.Registry, kind, data, scratch string) (stages.Recipe, error) {
	text, err := p.Recipe(kind)
	if err != nil {
		return stages.Recipe{}, err
	}
	recipe, err := stages.ParseRecipe(text, kind+".yaml", registry, fmt.Sprintf("data=%q", data),
		fmt.Sprintf("tokenizer.model=%q", filepath.Join(scratch, TokenizerFile)), fmt.Sprintf("steps=%d", trialSteps), "schedule.warm_up=0")
	if err != nil {
		return recipe, err
	}
	recipe.Init, recipe.CheckpointEvery, recipe.Eval = nil, 0, nil
	for i := range recipe.Mixture.Tasks {
		recipe.Mixture.Tasks[i].Split = "all"
	}
	return recipe, nil
}

// secondsEach returns the median time of the steps in the second half.
func secondsEach(run string, batch int) (float64, error) {
	metrics, err := stages.ReadMetrics(run)
	if err != nil {
		return 0, err
	}
	var took []float64
	for _, m := range metrics[len(metrics)/2:] {
		took = append(took, float64(batch)/m.ExamplesPerSecond)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
