package project

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
)

// ReadPipeline reads and validates the pipeline of a project folder.
func ReadPipeline(dir string) (*Pipeline, error) {
	path := filepath.Join(dir, PipelineFile)
	if _, err := os.Stat(path); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("%s is a file; give the folder that pali3 start wrote", dir)
		}
		return nil, fmt.Errorf("%s has no %s; create it with: pali3 start DATA --out %s", dir, PipelineFile, dir)
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

// Validate returns an error if the pipeline cannot work.
func (p *Pipeline) Validate() error {
	switch {
	case p.Ingest == nil && p.Data == "":
		return fmt.Errorf("neither ingest nor data: name a source to ingest or an existing dataset")
	case p.Ingest != nil && p.Data != "":
		return fmt.Errorf("both ingest and data: ingested samples go to %s, so remove data", rawFolder)
	case p.Tokenizer.VocabSize < 1:
		return fmt.Errorf("tokenizer.vocab_size: %d, must be above 0", p.Tokenizer.VocabSize)
	case len(p.Train) == 0:
		return fmt.Errorf("train: no stage")
	case p.Shrink != nil && p.Shrink.Side < 8:
		return fmt.Errorf("shrink.side: %d, must be 8 or more pixels", p.Shrink.Side)
	case p.Score.Samples < 0:
		return fmt.Errorf("score.samples: %d, must be 0 or more", p.Score.Samples)
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
		return fmt.Errorf("ingest.source: %q; choose from %s", i.Source, strings.Join(sources, ", "))
	}
	if i.Path == "" {
		return fmt.Errorf("ingest.path: missing")
	}
	if i.TextFrom != "" && i.TextFrom != "filename" && i.TextFrom != "folder" {
		return fmt.Errorf("ingest.text_from: %q; choose filename or folder", i.TextFrom)
	}
	return nil
}

// sources lists the legal values of Ingest.Source.
var sources = []string{"folder", "table", "easyvqa", "webdataset"}

func (p *Pipeline) validateStages() error {
	names := map[string]bool{}
	for i, s := range p.Train {
		switch {
		case s.Name == "" || s.Name != filepath.Base(s.Name) || s.Name[0] == '.':
			return fmt.Errorf("train[%d].name: %q cannot be the name of a folder", i, s.Name)
		case s.Name == recipesFolder || slices.Contains(Outputs(), s.Name):
			return fmt.Errorf("train[%d].name: %q is reserved for the project; choose another name", i, s.Name)
		case names[s.Name]:
			return fmt.Errorf("train[%d].name: %q occurs twice", i, s.Name)
		case s.Recipe == "":
			return fmt.Errorf("train[%d] (%s): recipe: missing", i, s.Name)
		}
		names[s.Name] = true
	}
	for _, scored := range p.Score.stages() {
		if !names[scored.stage] {
			return fmt.Errorf("score.%s: %q is not a stage in train", scored.task, scored.stage)
		}
	}
	return nil
}
