package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
)

// Pipeline is pipeline.yaml: the phases of a project in order. A phase that is left out is not
// done. Paths begin at the project's folder.
type Pipeline struct {
	// Title and About head the report.
	Title string `yaml:"title,omitempty"`
	About string `yaml:"about,omitempty"`
	// Seed of what is drawn for scores and the report; each recipe has a seed of its own.
	Seed uint64 `yaml:"seed"`
	// Ingest says what the dataset raw is made from.
	Ingest *Ingest `yaml:"ingest,omitempty"`
	// Data is a dataset that is there already, where nothing is ingested.
	Data string `yaml:"data,omitempty"`
	// Shrink makes images smaller before all else; without it they stay as they came.
	Shrink *Shrink `yaml:"shrink,omitempty"`
	// Curate is the curation recipe; without one all samples stay.
	Curate string `yaml:"curate,omitempty"`
	// Split sets samples aside for validation and test; without it the data have their splits.
	Split *Split `yaml:"split,omitempty"`
	// Tokenizer is trained on the texts of the train split.
	Tokenizer Tokenizer `yaml:"tokenizer"`
	// Train lists the stages in order.
	Train []Stage `yaml:"train"`
	// Score says which splits the models are scored on.
	Score Score `yaml:"score"`
}

// Ingest is one source of samples.
type Ingest struct {
	// Source is what the path holds: folder (images with texts), table, easyvqa, or webdataset
	// (archives).
	Source string `yaml:"source"`
	// Path of the folder, table or archive.
	Path string `yaml:"path"`
	// Language of texts that do not say theirs, as BCP-47.
	Language string `yaml:"language,omitempty"`
	// TextFrom makes texts for images without any: filename, or folder for their folders' names.
	TextFrom string `yaml:"text_from,omitempty"`
	// Columns of a table: image, text (a list), language, question, answers, group.
	Columns Columns `yaml:"columns,omitempty"`
}

// Columns of a table by name.
type Columns struct {
	Image    string   `yaml:"image,omitempty"`
	Text     []string `yaml:"text,omitempty"`
	Language string   `yaml:"language,omitempty"`
	Question string   `yaml:"question,omitempty"`
	Answers  string   `yaml:"answers,omitempty"`
	Group    string   `yaml:"group,omitempty"` // rows of one value are one sample
}

// Split sets parts of the samples aside, by a hash that additions do not change.
type Split struct {
	// Fractions of the samples by the name of their split, for example {val: 0.05, test: 0.1}.
	Fractions map[string]float64 `yaml:"fractions"`
	// By is what is hashed: key, or a column. Samples of one value stay together.
	By string `yaml:"by,omitempty"`
	// KeepTogether is near-duplicates where images that look alike go to one split.
	KeepTogether string `yaml:"keep_together,omitempty"`
}

// Tokenizer says how large a vocabulary is trained.
type Tokenizer struct {
	// VocabSize is the number of pieces, special ones included.
	VocabSize int `yaml:"vocab_size"`
}

// Stage is one training: its recipe, and the run folder that it goes to.
type Stage struct {
	// Name of the run folder.
	Name string `yaml:"name"`
	// Recipe file.
	Recipe string `yaml:"recipe"`
	// About says in a few words what is trained, for the report.
	About string `yaml:"about,omitempty"`
}

// Score names the splits to score and the stage that each task is scored with.
type Score struct {
	Splits []string `yaml:"splits"`
	// Caption, VQA and Retrieval name stages; a task without one is not scored.
	Caption   string `yaml:"caption,omitempty"`
	VQA       string `yaml:"vqa,omitempty"`
	Retrieval string `yaml:"retrieval,omitempty"`
	// Samples of each split at most; 0 for all.
	Samples int `yaml:"samples,omitempty"`
}

// scored is a task with the stage that it is scored with.
type scored struct{ task, stage string }

// stages lists the tasks that are scored, in order.
func (s Score) stages() (all []scored) {
	for _, each := range []scored{{"caption", s.Caption}, {"vqa", s.VQA}, {"retrieval", s.Retrieval}} {
		if each.stage != "" {
			all = append(all, each)
		}
	}
	return all
}

// ReadPipeline reads and checks the pipeline of a project folder.
func ReadPipeline(dir string) (*Pipeline, error) {
	path := filepath.Join(dir, PipelineFile)
	if _, err := os.Stat(path); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("%s is a file; name the folder that pali3 start has written", dir)
		}
		return nil, fmt.Errorf("%s has no %s: make it with: pali3 start DATA --out %s", dir, PipelineFile, dir)
	}
	p := &Pipeline{}
	if err := strict.ReadFile(path, p); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// Validate says what is wrong with a pipeline before any work is done.
func (p *Pipeline) Validate() error {
	switch {
	case p.Ingest == nil && p.Data == "":
		return fmt.Errorf("neither ingest nor data: name a source to ingest, or a dataset that is there")
	case p.Ingest != nil && p.Data != "":
		return fmt.Errorf("both ingest and data: what is ingested goes to %s, so leave data out", rawFolder)
	case p.Tokenizer.VocabSize < 1:
		return fmt.Errorf("tokenizer.vocab_size: %d, must be above zero", p.Tokenizer.VocabSize)
	case len(p.Train) == 0:
		return fmt.Errorf("train: no stage")
	case p.Shrink != nil && p.Shrink.Side < 8:
		return fmt.Errorf("shrink.side: %d, must be 8 or more pixels", p.Shrink.Side)
	case p.Score.Samples < 0:
		return fmt.Errorf("score.samples: %d, must not be below zero", p.Score.Samples)
	}
	if p.Ingest != nil {
		if err := p.Ingest.validate(); err != nil {
			return err
		}
	}
	return p.validateStages()
}

func (i *Ingest) validate() error {
	if !slices.Contains(sources, i.Source) {
		return fmt.Errorf("ingest.source: %q; it is one of %s", i.Source, strings.Join(sources, ", "))
	}
	if i.Path == "" {
		return fmt.Errorf("ingest.path: missing")
	}
	if i.TextFrom != "" && i.TextFrom != "filename" && i.TextFrom != "folder" {
		return fmt.Errorf("ingest.text_from: %q; it is filename or folder", i.TextFrom)
	}
	return nil
}

// sources are the legal values of Ingest.Source.
var sources = []string{"folder", "table", "easyvqa", "webdataset"}

func (p *Pipeline) validateStages() error {
	names := map[string]bool{}
	for i, s := range p.Train {
		switch {
		case s.Name == "" || s.Name != filepath.Base(s.Name) || s.Name[0] == '.':
			return fmt.Errorf("train[%d].name: %q cannot be the name of a folder", i, s.Name)
		case s.Name == recipesFolder || slices.Contains(Made, s.Name):
			return fmt.Errorf("train[%d].name: %q is a name of the project's own; take another", i, s.Name)
		case names[s.Name]:
			return fmt.Errorf("train[%d].name: %q is there twice", i, s.Name)
		case s.Recipe == "":
			return fmt.Errorf("train[%d] (%s): recipe: missing", i, s.Name)
		}
		names[s.Name] = true
	}
	for _, scored := range p.Score.stages() {
		if !names[scored.stage] {
			return fmt.Errorf("score.%s: %q is no stage of train", scored.task, scored.stage)
		}
	}
	return nil
}

// source is the dataset as it was ingested or given.
func (p *Pipeline) source(dir string) string {
	if p.Data == "" {
		return filepath.Join(dir, rawFolder)
	}
	if shards.IsURL(p.Data) {
		return p.Data
	}
	return within(dir, p.Data)
}

// start is the dataset that curation begins with.
func (p *Pipeline) start(dir string) string {
	if p.Shrink != nil {
		return filepath.Join(dir, smallFolder)
	}
	return p.source(dir)
}
