// Package project takes a person's own images from a folder to a trained, scored and reported model
// in two calls:
//
//	plan, err := project.Start(ctx, "holiday-photos", "mine", project.StartOptions{Backend: be, Minutes: 20})
//	summary, err := project.Run(ctx, "mine", project.RunOptions{Backend: be})
//
// [Start] measures the data, chooses sizes and tasks, and writes a project folder: a pipeline.yaml
// with the phases in order, and ordinary recipes that a person edits. [Run] does the phases:
// ingestion, curation, split, tokenizer, the stages of training, scores and a report. It can be
// killed at any point and resumed with the same result, and where something was edited it repeats
// that phase and those that depend on it.
//
// The package joins the other rooms and owns nothing of their work: each phase is one call that the
// command of the same name makes too.
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
	rawFolder         = "raw"     // as ingested
	smallFolder       = "small"   // with smaller images
	curatedFolder     = "curated" // where a split follows
	dataFolder        = "data"    // what training reads
	recipesFolder     = "recipes"
	predictionsFolder = "predictions"
	previousFolder    = "previous" // results that a change has put out of date
)

// Outputs lists the files and folders that a run creates in the project's folder, except for the
// folders of its stages.
func Outputs() []string {
	return []string{
		rawFolder, smallFolder, curatedFolder, dataFolder, curationFile, splitFile, TokenizerFile, "tokenizer.vocab", predictionsFolder,
		ImagesFolder, previousFolder, SummaryFile, ReportFile, stateFile, PipelineFile,
	}
}

// ErrInterrupted is wrapped by the error of a run whose context ended: Run of the same folder
// resumes it.
var ErrInterrupted = errors.New("interrupted")

// Line shows the progress of one part of the work.
type Line interface {
	Set(done, bad int64)
	// Resume says how many were done before the work began, that long ago.
	Resume(done int64, elapsed time.Duration)
	Note(text string)
	// Clear takes the line away for a moment, so that something else can be printed.
	Clear()
	End()
}

// NewLine begins a line of progress: the name of the part, the unit that is counted, and how many
// there are, -1 if that is not known.
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

// within returns the path of a name in a project folder; an absolute path stays.
func within(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}
