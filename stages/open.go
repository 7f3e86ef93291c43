package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
)

// Trained is the model of a finished run, ready for use.
type Trained struct {
	Network
	// Dir is the run folder, or "" for a model that does not come from one.
	Dir string
	// Recipe of the run.
	Recipe Recipe
	// Weights at the end of the run.
	Weights *weights.Set
	// Vocabulary of the model's texts.
	Vocabulary *tokenize.Vocabulary
	// Pipeline turns images into pixels. It is nil for a model without an image encoder.
	Pipeline *augment.Pipeline
}

// Open opens the run folder of a finished run. The folder is enough: its recipe's tokenizer is the
// folder's own copy. Registry holds what the recipe names; nil for what is built in.
func Open(be compute.Backend, dir string, registry *Registry) (*Trained, error) {
	t := &Trained{Dir: dir}
	path := filepath.Join(dir, RecipeFile)
	content, err := os.ReadFile(path)
	if info, statErr := os.Stat(dir); err != nil && statErr == nil && !info.IsDir() {
		return nil, fmt.Errorf("opening a trained model: %s is a file, %s; a trained model is the folder of its run", dir, imagefile.KindOfFile(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("opening a trained model: %w", err)
	}
	if t.Recipe, err = readData(content, path, dir, registry); err != nil {
		return nil, err
	}
	path = filepath.Join(dir, ModelFile)
	if content, err = os.ReadFile(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: its training is not finished: %w", dir, err)
		}
		return nil, fmt.Errorf("opening a trained model: %w", err)
	}
	if t.Network, err = readNetwork(content, registry.families()); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	specs, err := t.Model.Specs(be)
	if err != nil {
		return nil, fmt.Errorf("the model of %s: %w", path, err)
	}
	if t.Weights, err = weights.Load(filepath.Join(dir, WeightsFile), specs); err != nil {
		return nil, err
	}
	if own := filepath.Join(dir, TokenizerFile); exists(own) {
		t.Recipe.Mixture.Tokenizer.Model = own
	}
	if t.Vocabulary, err = t.Recipe.Mixture.OpenVocabulary(); err != nil {
		return nil, fmt.Errorf("the tokenizer of %s: %w", dir, err)
	}
	if t.Pipeline, err = t.Recipe.Mixture.EvalPipeline(); err != nil {
		return nil, fmt.Errorf("the image ops of %s: %w", dir, err)
	}
	return t, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Untrained returns the model with the initial weights of its run, without those taken from earlier
// runs.
func (t *Trained) Untrained() *Trained {
	fresh := *t
	fresh.Weights = weights.Initial(t.Weights.Specs(), t.Recipe.Mixture.Seed)
	return &fresh
}
