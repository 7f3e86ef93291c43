package quickstart

import (
	"context"
	"fmt"
	"runtime"

	"github.com/pali3/pali3/evalsuite/report"
	"github.com/pali3/pali3/evalsuite/runreport"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece"
)

// How much of everything the report shows.
const (
	contactImages = 96
	galleryImages = 12 // of each split
	extremeImages = 4  // lowest and highest scores, of each split
	taskExamples  = 3
)

// report writes report.html.
func (r *runner) report(ctx context.Context, data *shards.Dataset, s *Summary, found []*result) error {
	page := &report.Report{
		Title: "PaLI-3 at small scale",
		Summary: "A vision-language model trained from nothing on emoji and their names in 14 languages: a SigLIP image " +
			"encoder, a UL2 encoder-decoder, then both together on a mixture of tasks. It is scored on images that it has never seen.",
		Seconds: s.Seconds,
		Machine: fmt.Sprintf("%d cores, %s/%s, Go backend", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH),
		Facts: []report.Fact{
			{Label: "Memory at most", Value: fmt.Sprintf("%.1f GiB", float64(s.PeakRSSBytes)/(1<<30))},
			{Label: "Seed", Value: fmt.Sprint(s.Seed)},
			{Label: "Version", Value: s.Version},
		},
		Scores:    scoresOf(s),
		Reproduce: []string{fmt.Sprintf("pali3 quickstart --seed %d --out %s", s.Seed, r.Out)},
	}
	if err := r.reportData(page, data); err != nil {
		return err
	}
	for _, run := range stageRuns {
		if err := r.reportStage(ctx, page, run); err != nil {
			return err
		}
	}
	if err := r.reportOutputs(page, found); err != nil {
		return err
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

// reportData adds the dataset, its curation and the tokenizer.
func (r *runner) reportData(page *report.Report, data *shards.Dataset) error {
	model, err := sentencepiece.Open(r.path(ModelName))
	if err != nil {
		return err
	}
	shown, err := runreport.Data(data, model, "train", contactImages, r.Seed)
	if err != nil {
		return err
	}
	shown.Name = ""
	if shown.Curation, err = runreport.ReadCuration(r.path(curationName)); err != nil {
		return err
	}
	page.Data = []report.Data{shown}
	page.Tokenizer, err = runreport.TokenizerFit(model, data)
	return err
}

// reportStage adds a stage's curves and what it was fed.
func (r *runner) reportStage(ctx context.Context, page *report.Report, run stageRun) error {
	stage, err := runreport.Stage(r.path(run.name))
	if err != nil {
		return err
	}
	stage.About = run.about
	page.Stages = append(page.Stages, stage)
	recipe, err := r.recipe(run)
	if err != nil {
		return err
	}
	fed, err := runreport.Mixture(ctx, run.name, recipe.Mixture, Models(), taskExamples)
	page.Mixtures = append(page.Mixtures, fed)
	return err
}

// reportOutputs adds what the models say of held-out images.
func (r *runner) reportOutputs(page *report.Report, found []*result) error {
	var all []*runreport.Outputs
	for _, f := range found {
		all = append(all, &runreport.Outputs{Split: f.split, Samples: f.samples, Captions: f.captions, Answers: f.answers, Blind: f.blind})
	}
	page.Breakdown = runreport.Breakdown(r.bootstrap(), all...)
	for _, o := range all {
		drawn, err := runreport.Gallery(o, galleryImages, r.Seed)
		if err != nil {
			return err
		}
		worst, err := runreport.Worst(o, extremeImages, r.Seed)
		if err != nil {
			return err
		}
		best, err := runreport.Best(o, extremeImages, r.Seed)
		if err != nil {
			return err
		}
		page.Galleries = append(append(append(page.Galleries, drawn), worst...), best...)
	}
	return nil
}
