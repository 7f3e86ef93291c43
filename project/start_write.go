package project

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/shards"
)

// write writes the recipes and then the pipeline.
func (s *starter) write(p *Plan) error {
	if err := os.MkdirAll(filepath.Join(s.out, recipesFolder), 0o755); err != nil {
		return err
	}
	kinds := []string{"curate"}
	for _, stage := range p.Stages {
		kinds = append(kinds, stage.Kind)
	}
	for _, kind := range kinds {
		content, err := p.Recipe(kind)
		if err == nil {
			err = atomicfile.WriteBytes(filepath.Join(s.out, recipesFolder, kind+".yaml"), content)
		}
		if err != nil {
			return err
		}
	}
	pipeline, err := s.pipeline(p)
	if err != nil {
		return err
	}
	if err := pipeline.Validate(); err != nil {
		return fmt.Errorf("writing %s: %w", PipelineFile, err)
	}
	content, err := pipeline.YAML(p)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(s.out, PipelineFile), content); err != nil {
		return err
	}
	return s.keepIngested(pipeline)
}

// keepIngested records in the state that the source is ingested.
func (s *starter) keepIngested(pipeline *Pipeline) error {
	if s.ingest == nil {
		return nil
	}
	r := &runner{dir: s.out, pipeline: pipeline, began: time.Now()}
	var err error
	if r.state, err = readState(s.out); err != nil {
		return err
	}
	done, err := r.ingestPhase().want()
	if err != nil {
		return err
	}
	done.Done = true
	r.state.Version = s.Version
	r.state.Phases["ingest"] = done
	return r.save()
}

// pipeline returns the content of pipeline.yaml.
func (s *starter) pipeline(p *Plan) (*Pipeline, error) {
	name := s.data
	if s.ingest != nil {
		name = s.ingest.Path
	}
	pipeline := &Pipeline{
		Title: "PaLI-3 on " + titleOf(name), Seed: p.Seed,
		Shrink: p.Shrink, Curate: recipesFolder + "/curate.yaml", Split: p.Split, Tokenizer: Tokenizer{VocabSize: p.Vocabulary}, Score: p.Score,
	}
	for _, stage := range p.Stages {
		pipeline.Train = append(pipeline.Train, stage.Stage)
	}
	if s.ingest != nil {
		in := *s.ingest
		path, err := filepath.Abs(in.Path)
		in.Path = path
		pipeline.Ingest = &in
		return pipeline, err
	}
	pipeline.Data = s.data
	if shards.IsURL(s.data) {
		return pipeline, nil
	}
	path, err := filepath.Abs(s.data)
	pipeline.Data = path
	return pipeline, err
}

// titleOf returns the name of the data's folder. If that is a common name such as data, it adds the
// name of the folder around it.
func titleOf(path string) string {
	if absolute, err := filepath.Abs(path); err == nil && !shards.IsURL(path) {
		path = absolute
	}
	name, around := filepath.Base(path), filepath.Base(filepath.Dir(path))
	if slices.Contains([]string{"data", "raw", "images", "png", "train", "dataset"}, strings.ToLower(name)) && len(around) > 1 {
		return around + "/" + name
	}
	return name
}

// YAML returns the pipeline as a file to edit. Comments at its head list the plan's decisions.
func (p *Pipeline) YAML(plan *Plan) ([]byte, error) {
	content, err := yaml.MarshalWithOptions(p, yaml.Indent(2), yaml.IndentSequence(true))
	if err != nil {
		return nil, errors.Join(errors.New("writing the pipeline"), err)
	}
	var b bytes.Buffer
	b.WriteString("# The phases that `pali3 run` runs in this folder, in this order. If you change this file or a recipe and run it\n" +
		"# again, the phases that depend on the change run again; their earlier results are kept below previous/.\n")
	if plan != nil {
		b.WriteString("#\n# Measurements and decisions:\n")
		for _, why := range append(append([]string{}, plan.Facts()...), append(plan.Why, plan.Warnings...)...) {
			b.WriteString("# - " + strings.ReplaceAll(why, "\n", " ") + "\n")
		}
	}
	b.WriteString("\n")
	b.Write(content)
	return b.Bytes(), nil
}
