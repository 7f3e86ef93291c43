package quickstart

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
	"github.com/pali3/pali3/webli"
)

// stageRun is one training of the quickstart: the recipe quickstart-NAME into the folder NAME.
type stageRun struct {
	name  string
	about string
	from  []string // runs whose weights it begins with, in order of its recipe's init
}

// stageRuns are PaLI-3's stages in order.
var stageRuns = []stageRun{
	{"siglip", "Stage 0: image and text towers, contrastive", nil},
	{"ul2", "Stage 0: encoder-decoder, mixture of denoisers", nil},
	{"stage1", "Stage 1: multimodal mixture, image encoder frozen", []string{"siglip", "ul2"}},
	{"stage2", "Stage 2: larger pictures, nothing frozen", []string{"stage1"}},
	{"caption", "Transfer: captions, image encoder frozen", []string{"stage2"}},
	{"vqa", "Transfer: questions, image encoder frozen", []string{"stage2"}},
}

// ingest turns the embedded archive into the dataset raw.
func (r *runner) ingest(ctx context.Context) error {
	if done, err := whole(r.path("raw")); done || err != nil {
		return err
	}
	if _, err := os.Stat(r.path("emoji.tar")); errors.Is(err, fs.ErrNotExist) {
		content, err := Archive()
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(r.path("emoji.tar"), content); err != nil {
			return err
		}
	}
	source, err := ingest.NewWebDataset(r.path("emoji.tar"))
	if err != nil {
		return err
	}
	line := r.Progress("ingest", "records", -1)
	defer line.End()
	_, err = ingest.Run(ctx, source, r.path("raw"), ingest.Options{Command: "pali3 quickstart", Progress: line.Set})
	return err
}

// whole reports whether the folder holds a dataset.
func whole(dir string) (bool, error) {
	d, err := shards.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, d.Close()
}

// curation is the recipe of the curation.
const curation = "curate-quickstart"

// curate turns raw into the dataset data, and keeps the report of what was removed.
func (r *runner) curate(ctx context.Context) error {
	if done, err := whole(r.path("data")); done || err != nil {
		return err
	}
	text, err := recipes.Read(curation)
	if err != nil {
		return err
	}
	config, err := webli.ParseConfig(text, curation)
	if err != nil {
		return err
	}
	raw, err := shards.Open(r.path("raw"))
	if err != nil {
		return err
	}
	defer raw.Close()
	line := r.Progress("curate", "samples", int64(raw.Len()))
	defer line.End()
	report, err := webli.Curate(ctx, []*shards.Dataset{raw}, r.path("data"), config, webli.Options{
		Workers: r.Workers, Progress: func(done, _ int) { line.Set(int64(done), 0) },
	})
	if err != nil {
		return err
	}
	return writeJSON(r.path(curationName), report)
}

// curationName holds the report of the curation.
const curationName = "curation.json"

// train runs the stages in order.
func (r *runner) train(ctx context.Context) error {
	for _, s := range stageRuns {
		recipe, err := r.recipe(s)
		if err != nil {
			return err
		}
		line := r.Progress(s.name, "steps", int64(recipe.Steps))
		_, err = stages.Run(ctx, recipe, r.path(s.name), stages.Options{
			Backend: r.Backend, Builtin: Models(), Workers: r.Workers, Version: r.Version, Warn: r.Warn,
			Progress: func(p stages.Progress) {
				line.Set(int64(p.Step), 0)
				line.Note(fmt.Sprintf("loss %.3f", p.Loss))
			},
		})
		line.End()
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// recipe reads a stage's recipe with the folders, the seed and, for a smoke run, the lengths of this one.
func (r *runner) recipe(s stageRun) (stages.Recipe, error) {
	name := "quickstart-" + s.name
	text, err := recipes.Read(name)
	if err != nil {
		return stages.Recipe{}, err
	}
	sets := []string{fmt.Sprintf("data=%q", r.path("data")), fmt.Sprintf("tokenizer.model=%q", r.path(ModelName)), fmt.Sprintf("seed=%d", r.Seed)}
	for i, from := range s.from {
		sets = append(sets, fmt.Sprintf("init.%d.from=%q", i, r.path(from)))
	}
	if r.Smoke {
		sets = append(sets, "steps=6", "batch=12", "schedule.warm_up=2", "checkpoint_every=3")
	}
	return stages.ParseRecipe(text, name, sets...)
}
