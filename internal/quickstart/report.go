package quickstart

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/report"
	"github.com/pali3/pali3/internal/counter"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/webli"
)

// How much of everything the report shows.
const (
	contactPictures = 96
	galleryPictures = 12 // of each split
	galleryCaptions = 6
	galleryAnswers  = 6
	mixtureBatches  = 8
	taskExamples    = 3
)

// report writes report.html.
func (r *runner) report(ctx context.Context, data *shards.Dataset, s *Summary, found []*result) error {
	page := &report.Report{
		Title: "PaLI-3 at small scale",
		Summary: "A vision-language model trained from nothing on emoji and their names in 14 languages: a SigLIP image " +
			"encoder, a UL2 encoder-decoder, then both together on a mixture of tasks. All it is scored on it has never seen.",
		Seconds: s.Seconds,
		Machine: fmt.Sprintf("%d cores, %s/%s, Go backend", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		Facts: []report.Fact{
			{Label: "Memory at most", Value: fmt.Sprintf("%.1f GiB", float64(s.PeakRSSBytes)/(1<<30))},
			{Label: "Seed", Value: fmt.Sprint(s.Seed)},
			{Label: "Version", Value: s.Version},
		},
		Scores:    scoresOf(s),
		ByKind:    byKind(found, r.bootstrap()),
		ByLang:    byLanguage(found[1].captions, r.bootstrap()),
		Reproduce: []string{fmt.Sprintf("pali3 quickstart --seed %d --out %s", s.Seed, r.Out)},
	}
	var err error
	if page.Pictures, err = contactSheet(data, r.Seed); err != nil {
		return err
	}
	if page.Curation, err = r.curation(); err != nil {
		return err
	}
	if page.Tokenizer, err = r.reportTokenizer(data); err != nil {
		return err
	}
	for _, run := range stageRuns {
		if err := r.reportStage(ctx, page, run); err != nil {
			return err
		}
	}
	for _, result := range found {
		page.Gallery = append(page.Gallery, gallery(result, r.Seed)...)
	}
	return report.WriteFile(r.path(reportName), page)
}

func scoresOf(s *Summary) (scores []report.Score) {
	for _, split := range Splits {
		for _, metric := range Metrics {
			found := s.split(split)[metric]
			scores = append(scores, report.Score{Split: split, Metric: metric, Model: found.Model, Untrained: &found.Untrained, Blind: &found.Blind})
		}
	}
	return scores
}

// byKind averages both splits' answers by the kind of question, beside those of the blind baseline.
func byKind(found []*result, b metrics.Bootstrap) (groups []report.Group) {
	var model, blind []evalsuite.Said
	for _, result := range found {
		model, blind = append(model, result.answers...), append(blind, result.blind...)
	}
	kind := func(s *evalsuite.Said) string { return s.Kind }
	of, without := evalsuite.By(model, kind, b), evalsuite.By(blind, kind, b)
	for name, score := range of {
		baseline := without[name]
		groups = append(groups, report.Group{Name: name, Model: score, Blind: &baseline})
	}
	slices.SortFunc(groups, func(a, b report.Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

func byLanguage(captions []evalsuite.Said, b metrics.Bootstrap) (groups []report.Group) {
	for name, score := range evalsuite.By(captions, func(s *evalsuite.Said) string { return s.Language }, b) {
		groups = append(groups, report.Group{Name: name, Model: score})
	}
	slices.SortFunc(groups, func(a, b report.Group) int { return strings.Compare(a.Name, b.Name) })
	return groups
}

// contactSheet takes pictures of the training split at random.
func contactSheet(data *shards.Dataset, seed uint64) (pictures []report.Picture, err error) {
	samples, err := evalsuite.Samples(data, "train")
	if err != nil {
		return nil, err
	}
	for _, i := range counter.New(seed, counter.Name("contact sheet")).Perm(len(samples)) {
		if len(pictures) == contactPictures {
			break
		}
		pictures = append(pictures, report.Picture{Bytes: samples[i].Images[0].Bytes, Alt: nameOf(&samples[i])})
	}
	return pictures, nil
}

// nameOf returns a sample's English caption, or its key.
func nameOf(s *shards.Sample) string {
	for _, text := range s.Texts {
		if text.Language == "en" {
			return text.Value
		}
	}
	return s.Key
}

func (r *runner) curation() (*report.Curation, error) {
	content, err := os.ReadFile(r.path(curationName))
	if err != nil {
		return nil, err
	}
	var found webli.Report
	if err := json.Unmarshal(content, &found); err != nil {
		return nil, fmt.Errorf("reading %s: %w", r.path(curationName), err)
	}
	c := &report.Curation{In: int64(found.In), Out: int64(found.Out)}
	for _, rule := range found.Rules {
		c.Rules = append(c.Rules, report.Rule{Name: rule.Name, Removed: int64(rule.Removed)})
	}
	return c, nil
}

// reportStage adds a stage's losses and what it was fed.
func (r *runner) reportStage(ctx context.Context, page *report.Report, run stageRun) error {
	steps, err := stages.ReadMetrics(r.path(run.name))
	if err != nil {
		return err
	}
	stage := report.Stage{Name: run.name, About: run.about}
	for _, step := range steps {
		stage.Losses = append(stage.Losses, report.Point{Step: step.Step, Loss: float64(step.Loss)})
	}
	page.Stages = append(page.Stages, stage)
	recipe, err := r.recipe(run)
	if err != nil {
		return err
	}
	fed, err := mixtureOf(ctx, run, recipe)
	page.Mixtures = append(page.Mixtures, fed)
	return err
}

// mixtureOf looks at the first batches of a stage.
func mixtureOf(ctx context.Context, run stageRun, recipe stages.Recipe) (report.Mixture, error) {
	fed := report.Mixture{Stage: run.name}
	stream, err := mixture.Open(recipe.Mixture, mixture.Options{Builtin: Models(), NoPixels: true})
	if err != nil {
		return fed, err
	}
	defer stream.Close()
	tasks := map[string]*report.Task{}
	for _, t := range recipe.Mixture.Tasks {
		tasks[t.Name] = &report.Task{Name: t.Name}
	}
	for step := range mixtureBatches {
		batch, err := stream.Batch(ctx, step)
		if err != nil {
			return fed, err
		}
		for row, e := range stream.Describe(batch) {
			task := tasks[e.Task]
			task.Share += 1 / float64(mixtureBatches*batch.Shape.Rows)
			if len(task.Examples) < taskExamples {
				shown, err := example(stream, batch, row, e)
				if err != nil {
					return fed, err
				}
				task.Examples = append(task.Examples, shown)
			}
		}
	}
	for _, t := range recipe.Mixture.Tasks {
		fed.Tasks = append(fed.Tasks, *tasks[t.Name])
	}
	return fed, nil
}

func example(stream *mixture.Stream, batch *mixture.Batch, row int, e mixture.Example) (report.Example, error) {
	shown := report.Example{Prompt: e.Prompt, Target: e.Target}
	if batch.Shape.Images == 0 || batch.Pictures[row*batch.Shape.Images] == 0 {
		return shown, nil
	}
	sample, err := stream.Dataset(batch.Origins[row]).Row(batch.Indices[row])
	if err != nil {
		return shown, err
	}
	shown.Picture = &report.Picture{Bytes: sample.Images[0].Bytes, Alt: nameOf(&sample)}
	return shown, nil
}

// gallery shows pictures of a split, drawn at random, with what the model says of them.
func gallery(found *result, seed uint64) (shown []report.Exhibit) {
	rng := counter.New(seed, counter.Name("gallery"), counter.Name(found.split))
	for _, i := range rng.Perm(len(found.samples)) {
		if len(shown) == galleryPictures {
			break
		}
		sample := &found.samples[i]
		exhibit := report.Exhibit{
			Picture: report.Picture{Bytes: sample.Images[0].Bytes, Alt: nameOf(sample)},
			Note:    strings.ReplaceAll(found.split, "_", " ") + ": " + nameOf(sample),
		}
		for _, c := range some(found.captions, i, galleryCaptions, rng) {
			exhibit.Captions = append(exhibit.Captions, report.Caption{Lang: c.Language, Text: c.Answer, Truth: c.Truths[0], Right: c.Score == 1})
		}
		for _, a := range some(found.answers, i, galleryAnswers, rng) {
			exhibit.Answers = append(exhibit.Answers, report.Answer{Question: a.Asked, Lang: a.Language, Text: a.Answer, Truth: a.Truths[0], Right: a.Score == 1})
		}
		shown = append(shown, exhibit)
	}
	return shown
}

// some returns at most n of what was said of a sample, English first.
func some(said []evalsuite.Said, sample, n int, rng *counter.Stream) (chosen []*evalsuite.Said) {
	var all []*evalsuite.Said
	for i := range said {
		if said[i].Sample == sample {
			all = append(all, &said[i])
		}
	}
	for _, i := range rng.Perm(len(all)) {
		chosen = append(chosen, all[i])
	}
	slices.SortStableFunc(chosen, func(a, b *evalsuite.Said) int {
		return compareEnglish(b.Language) - compareEnglish(a.Language)
	})
	return chosen[:min(n, len(chosen))]
}

func compareEnglish(language string) int {
	if language == "en" {
		return 1
	}
	return 0
}
