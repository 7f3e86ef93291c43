// Package quickstart holds the embedded data of pali3 quickstart, and the pipeline and recipes of a
// project on them. The command writes this project and runs it with package project, like a project
// on any other data.
package quickstart

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/shellword"
	"github.com/pali3/pali3/project"
	"github.com/pali3/pali3/recipes"
)

// Options of the quickstart's project.
type Options struct {
	Seed  uint64
	Smoke bool // a few steps of everything, to see that it runs
	Fresh bool // remove what an earlier quickstart left in the folder
}

//go:embed pipeline.yaml
var pipeline string

// smokeSamples is the number of held-out samples that a smoke run scores per split.
const smokeSamples = 12

// archiveFile is the file of the built-in data in the project.
const archiveFile = "emoji.tar"

// recipeNames lists the project's recipes. The shipped recipes have the names quickstart-NAME.
var recipeNames = []string{"siglip", "ul2", "stage1", "stage2", "caption", "vqa"}

// Write writes the quickstart's project to a folder: the archive, the recipes and finally the
// pipeline. If the folder already holds this project, edited or not, Write leaves it alone.
func Write(dir string, o Options) error {
	if err := checkOurs(dir); err != nil {
		return err
	}
	if o.Fresh {
		if err := clear(dir); err != nil {
			return err
		}
	}
	if there, err := written(dir, o); there || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "recipes"), 0o755); err != nil {
		return err
	}
	content, err := Archive()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, archiveFile), content); err != nil {
		return err
	}
	curation, err := recipes.Read("curate-quickstart")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "recipes", "curate.yaml"), curation); err != nil {
		return err
	}
	for _, name := range recipeNames {
		text, err := recipes.Read("quickstart-" + name)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, "recipes", name+".yaml")
		if err := atomicfile.WriteBytes(path, []byte(o.recipe(string(text)))); err != nil {
			return err
		}
	}
	return atomicfile.WriteBytes(filepath.Join(dir, project.PipelineFile), []byte(o.pipeline()))
}

// checkOurs returns an error for the folder of a project that is no quickstart: with neither the
// archive, which Write writes first, nor the mark of an earlier version.
func checkOurs(dir string) error {
	for _, name := range []string{archiveFile, "quickstart.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return nil
		}
	}
	if _, err := os.Stat(filepath.Join(dir, project.PipelineFile)); err == nil {
		return fmt.Errorf("%s holds another project: use another folder for the quickstart (--out), or run that project: pali3 run %s", dir, shellword.Quote(dir))
	}
	return nil
}

// written reports whether the folder holds the requested project. Another project is an error.
func written(dir string, o Options) (bool, error) {
	old, err := os.ReadFile(filepath.Join(dir, "quickstart.json"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if old != nil {
		return false, fmt.Errorf("%s holds a quickstart of an earlier version: use another folder, or --fresh to start over", dir)
	}
	if err != nil {
		return false, err
	}
	if _, err := os.Stat(filepath.Join(dir, project.PipelineFile)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	p, err := project.ReadPipeline(dir)
	if err != nil {
		return false, err
	}
	if smoke := p.Score.Samples == smokeSamples; p.Seed != o.Seed || smoke != o.Smoke {
		return false, fmt.Errorf("%s holds a quickstart with seed %d and smoke %t: use another folder, or --fresh to start over", dir, p.Seed, smoke)
	}
	return true, nil
}

// moved rewrites the paths of the shipped recipes, which are relative to the project's folder, for
// the project's recipes, which are relative to its folder recipes.
var moved = strings.NewReplacer(
	"\ndata: data\n", "\ndata: ../data\n", `"pali3:tokenizer.model"`, "../tokenizer.model",
	"from: siglip", "from: ../siglip", "from: ul2", "from: ../ul2", "from: stage1", "from: ../stage1", "from: stage2", "from: ../stage2",
)

var seedLine = regexp.MustCompile(`(?m)^seed: 0$`)

// short turns a recipe into one for a smoke run: a few steps with small batches.
var short = []struct {
	line *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(?m)^steps: \d+$`), "steps: 6"},
	{regexp.MustCompile(`(?m)^batch: \d+$`), "batch: 12"},
	{regexp.MustCompile(`warm_up: \d+`), "warm_up: 2"},
	{regexp.MustCompile(`(?m)^checkpoint_every: \d+$`), "checkpoint_every: 3"},
}

// recipe rewrites a shipped recipe for the project.
func (o Options) recipe(text string) string {
	text = moved.Replace(text)
	text = seedLine.ReplaceAllString(text, fmt.Sprintf("seed: %d", o.Seed))
	if o.Smoke {
		for _, s := range short {
			text = s.line.ReplaceAllString(text, s.with)
		}
	}
	return text
}

func (o Options) pipeline() string {
	text := seedLine.ReplaceAllString(pipeline, fmt.Sprintf("seed: %d", o.Seed))
	if o.Smoke {
		text = strings.Replace(text, "retrieval: siglip}", fmt.Sprintf("retrieval: siglip, samples: %d}", smokeSamples), 1)
	}
	return text
}

// clear removes the files of a quickstart, and nothing else.
func clear(dir string) error {
	p, err := project.ReadPipeline(dir)
	_, statErr := os.Stat(filepath.Join(dir, "quickstart.json"))
	if err != nil && statErr != nil {
		return nil // not ours
	}
	names := []string{archiveFile, "recipes", "quickstart.json", "pictures"}
	names = append(names, project.Outputs()...)
	names = append(names, recipeNames...)
	if p != nil {
		for _, s := range p.Train {
			names = append(names, s.Name)
		}
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}
