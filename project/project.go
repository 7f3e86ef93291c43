// Package project turns a folder of images with texts into a trained and scored model and a report,
// in two calls:
//
//	plan, err := project.Start(ctx, "holiday-photos", "mine", project.StartOptions{Backend: be, Minutes: 20})
//	summary, err := project.Run(ctx, "mine", project.RunOptions{Backend: be})
//
// [Start] measures the data, chooses sizes and tasks, and writes a project folder: pipeline.yaml,
// which lists the phases in order, and recipes that you can edit. [Run] runs the phases: ingestion,
// curation, split, tokenizer, the stages of training, scores and a report. It can be killed at any
// point and resumed with the same result. After an edit it repeats the phase that the edit concerns
// and those that depend on it.
//
// Each phase is a call of another package, the same that the command of that name makes.
package project

import (
	"errors"
	"path/filepath"
	"time"
)

// Files and folders of a project.
const (
	PipelineFile  = "pipeline.yaml"
	SummaryFile   = "summary.json"
	ReportFile    = "report.html"
	TokenizerFile = "tokenizer.model"
	ImagesFolder  = "images" // held-out images as files, to try the model on

	stateFile         = "state.json"
	curationFile      = "curation.json"
	splitFile         = "split.json"
	rawFolder         = "raw"     // the ingested dataset
	smallFolder       = "small"   // the dataset with smaller images
	curatedFolder     = "curated" // the curated dataset, if a split follows
	dataFolder        = "data"    // the dataset for training
	recipesFolder     = "recipes"
	predictionsFolder = "predictions"
	previousFolder    = "previous" // outdated results
)

// Outputs lists the files and folders that a run creates in the project's folder, except for the
// folders of its stages.
func Outputs() []string {
	return []string{
		rawFolder, smallFolder, curatedFolder, dataFolder, curationFile, splitFile, TokenizerFile, "tokenizer.vocab", predictionsFolder,
		ImagesFolder, previousFolder, SummaryFile, ReportFile, stateFile, PipelineFile,
	}
}

// ErrInterrupted is wrapped by the error of a run whose context was cancelled. Another Run of the
// same folder resumes it.
var ErrInterrupted = errors.New("interrupted")

// Line shows the progress of a phase.
type Line interface {
	Set(done, bad int64)
	// Resume tells the line that done units were finished before, and how long ago the work began.
	Resume(done int64, elapsed time.Duration)
	Note(text string)
	// Clear removes the line for a moment, so that something else can be printed.
	Clear()
	End()
}

// NewLine begins a line of progress. It takes the name of the phase, the unit that is counted, and
// the total, -1 if it is not known.
type NewLine func(name, unit string, total int64) Line

// silent discards progress.
type silent struct{}

func (silent) Set(int64, int64) {}

func (silent) Resume(int64, time.Duration) {}

func (silent) Note(string) {}

func (silent) Clear() {}

func (silent) End() {}

func (f NewLine) begin(name, unit string, total int64) Line {
	if f == nil {
		return silent{}
	}
	return f(name, unit, total)
}

// within returns the path of a name in a project folder. An absolute path is returned as it is.
func within(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
