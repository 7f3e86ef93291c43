package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
)

// Trained is a trained model, ready for use: that of a finished run, or a published one.
type Trained struct {
	Network
	// Dir is the folder of the model, or "" for a model that does not come from one.
	Dir string
	// Recipe of the run. Of a published model it has only the registry, the tokenizer, the image
	// ops and the lengths.
	Recipe Recipe
	// Weights at the end of the run.
	Weights *weights.Set
	// Vocabulary of the model's texts. It is nil for a published model without a tokenizer.
	Vocabulary *tokenize.Vocabulary
	// Pipeline turns images into pixels. It is nil for a model without an image encoder.
	Pipeline *augment.Pipeline
	// Lengths of rows of ids: of a prompt or a text to compare, and of an answer.
	Lengths mixture.Lengths
	// Images is the most images of a prompt, 1 or above.
	Images int
	// VisualTokens, if not nil, is where predictors keep visual tokens. [Open] leaves it nil; the
	// folder of a run's recipe is Recipe.VisualTokens.
	VisualTokens *VisualTokenFolder
	// Published is what the folder of a published model says beside the model. It is nil for a run.
	Published *Published
}

// Open opens a model folder: the run folder of a finished run, or the folder of a published model
// as transformers' save_pretrained writes it, with config.json (see [Published]). The folder is
// enough: a run's tokenizer is the folder's own copy. A name such as hf:owner/name@revision is that
// of a folder which the registry downloads. Registry holds what recipes name; nil for what is built
// in.
func Open(be compute.Backend, dir string, registry *Registry) (*Trained, error) {
	dir, err := registry.folder(dir)
	if err != nil {
		return nil, err
	}
	if !exists(filepath.Join(dir, RecipeFile)) && hubfolder.Is(dir) {
		return openPublished(be, dir, registry)
	}
	t := &Trained{Dir: dir}
	path := filepath.Join(dir, RecipeFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, notModel{dir, err}
	}
	if t.Recipe, err = readData(content, path, dir, registry); err != nil {
		return nil, err
	}
	path = filepath.Join(dir, ModelFile)
	if content, err = os.ReadFile(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: its training is not finished; the command that began it resumes it: %w", dir, err)
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
	t.sizes()
	return t, nil
}

// sizes sets the lengths and the number of images to the recipe's.
func (t *Trained) sizes() {
	t.Lengths, t.Images = t.Recipe.Mixture.Lengths, max(t.Recipe.Mixture.Images.PerExample, 1)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Untrained returns the model with the initial weights of its run, without those taken from earlier
// runs.
func (t *Trained) Untrained() *Trained {
	fresh := *t
	fresh.VisualTokens = nil // which no later run would ask for
	fresh.Weights = weights.Initial(t.Weights.Specs(), t.Recipe.Mixture.Seed)
	return &fresh
}
