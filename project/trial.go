package project

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// trialSteps are taken of each stage. The first half does not count: it compiles the graph, and
// meanwhile batches are made ahead.
const trialSteps = 14

// trialSamples of a dataset are made smaller for the trial, where the project does so.
const trialSamples = 600

// trialData is the dataset that a few steps are tried on: the one at hand, or a part of it with
// smaller images.
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

// trial times a few steps of each stage on the data as they are.
func (p *Plan) trial(ctx context.Context, s *starter, data, scratch string) error {
	line := s.Progress.begin("trial", "steps", int64(trialSteps*len(p.Stages)))
	defer line.End()
	for i := range p.Stages {
		stage := &p.Stages[i]
		step := func(at stages.Progress) { line.Set(int64(i*trialSteps+at.Step), 0) }
		err := p.try(ctx, s, stage, data, filepath.Join(scratch, stage.Name), step)
		if err != nil && data != s.data && ctx.Err() == nil { // a part may lack samples of a rare task
			err = p.try(ctx, s, stage, s.data, filepath.Join(scratch, stage.Name+"-all"), step)
		}
		if err != nil {
			return fmt.Errorf("trying a few steps of %s: %w", stage.Name, err)
		}
	}
	return nil
}

// try takes a few steps of a stage.
func (p *Plan) try(ctx context.Context, s *starter, stage *PlannedStage, data, out string, step func(stages.Progress)) error {
	recipe, err := p.trialRecipe(stage.Kind, data, filepath.Dir(out))
	if err != nil {
		return err
	}
	if _, err := stages.Run(ctx, recipe, out, stages.Options{Backend: s.Backend, Workers: s.Workers, Version: s.Version, Progress: step}); err != nil {
		return err
	}
	stage.SecondsEach, err = secondsEach(out, recipe.Mixture.Batch)
	return err
}

// trialRecipe is a stage's recipe on the data before curation, without the stages before it.
func (p *Plan) trialRecipe(kind, data, scratch string) (stages.Recipe, error) {
	text, err := p.Recipe(kind)
	if err != nil {
		return stages.Recipe{}, err
	}
	recipe, err := stages.ParseRecipe(text, kind+".yaml", fmt.Sprintf("data=%q", data),
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

// secondsEach is the median time of the steps in the second half.
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

// trainingPart of the minutes is for training; the rest is for curation, the tokenizer, validation,
// scores and the report.
const trainingPart = 0.78

// leastSteps of a stage below which it learns next to nothing; mostVisits of an image, and
// mostEpochs of its texts and questions, beyond which it learns nothing more. With 800 images
// retrieval of unseen ones was best after 50 to 70 visits.
const (
	leastSteps = 40
	mostVisits = 80
	mostEpochs = 400
)

// divide gives each stage the least steps, and of the time that is left its share. What a stage
// cannot use goes to the others.
func (p *Plan) divide(minutes float64) error {
	seconds, least, shares := minutes*60*trainingPart, 0.0, 0.0
	for _, s := range p.Stages {
		least += leastSteps * s.SecondsEach
		shares += s.Share
	}
	if seconds < least {
		return fmt.Errorf("%g minutes are too few for %s at size %s on this machine: name at least %.0f with --minutes%s",
			minutes, images(p.Measured.Images), p.Size.Name, math.Ceil(least/60/trainingPart), p.smaller())
	}
	left := seconds - least
	for _, i := range p.byUse() {
		s := &p.Stages[i]
		more := min(left*s.Share/shares/s.SecondsEach, p.enoughSteps(s.Kind)-leastSteps)
		left, shares = left-max(more, 0)*s.SecondsEach, shares-s.Share
		s.Steps = leastSteps + int(max(more, 0))
		if s.Steps > 100 {
			s.Steps = s.Steps / 10 * 10
		}
	}
	for _, s := range p.Stages {
		p.because("%s: %d steps of %s", s.Name, s.Steps, time.Duration(s.SecondsEach*float64(time.Second)).Round(time.Millisecond))
	}
	return nil
}

// byUse orders the stages so that those which can use least of their time come first.
func (p *Plan) byUse() []int {
	order := make([]int, len(p.Stages))
	for i := range order {
		order[i] = i
	}
	use := func(i int) float64 {
		s := &p.Stages[i]
		return p.enoughSteps(s.Kind) * s.SecondsEach / s.Share
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(use(a), use(b)) })
	return order
}

// enoughSteps are those after which a stage learns nothing more: of SigLIP mostVisits of each
// image, of others mostEpochs of the texts and questions.
func (p *Plan) enoughSteps(kind string) float64 {
	if kind == "siglip" {
		return mostVisits * float64(p.Measured.Distinct) / float64(p.Batch0)
	}
	return mostEpochs * float64(max(p.Measured.Texts+p.Measured.Questions, p.Measured.Images)) / float64(p.Batch)
}

// smaller names a smaller size, if there is one.
func (p *Plan) smaller() string {
	if p.Size.Name == sizes[0].Name {
		return ""
	}
	return ", or a smaller --size"
}

// Facts tell what was measured, a line each.
func (p *Plan) Facts() []string {
	m := &p.Measured
	facts := []string{fmt.Sprintf("%s, %d with an image (%d different), %d with a text, %d with a question", samples(m.Samples), m.Images, m.Distinct, m.Captioned, m.Asked)}
	if m.Texts > 0 {
		facts = append(facts, fmt.Sprintf("%s of %s in %s", plural(m.Texts, "text"), listed(m.Kinds, 4), listed(m.Languages, 6)))
	}
	if m.Questions > 0 {
		facts = append(facts, fmt.Sprintf("%s in %s", plural(m.Questions, "question"), listed(m.QuestionLanguages, 6)))
	}
	return facts
}

// listed names the most frequent of the counts.
func listed(counts map[string]int, n int) string {
	out := ""
	names := most(counts)
	for i, name := range names {
		if i == n {
			return fmt.Sprintf("%s and %d more", out, len(names)-n)
		}
		if i > 0 {
			out += ", "
		}
		if name == "" {
			name = "unknown"
		}
		out += fmt.Sprintf("%s (%d)", name, counts[name])
	}
	return out
}
