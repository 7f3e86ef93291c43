package stages

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Folder is a run folder, all that a training leaves behind:
//
//	run.yaml                 the recipe with every value filled in
//	metrics.jsonl            one line a step and one an evaluation
//	events.out.tfevents.*    the same for TensorBoard
//	checkpoints/step-N/      the state after step N: weights, optimizer's tensors, state.json
//	checkpoints/best-N.safetensors   the weights after step N, the best until then, if the recipe's eval has a best
//	weights.safetensors      the weights at the end, or the best; of a run that is being extended those of its former end
//	best.json                which step they are of, if they are the best
//	seen.json                the kinds of task and the languages that it was trained on, at the end
//	model.json               the model's config, at the end
type Folder struct {
	Dir string
	// Warnings tell of checkpoints that are damaged and were passed over.
	Warnings []string

	recipe string    // hash
	owner  *identity // of the recipe; nil if only its hash is known
	last   *checkpoint
}

const (
	// WeightsFile holds a finished run's weights.
	WeightsFile = "weights.safetensors"
	// ModelFile holds the config of the model that the weights belong to, as JSON.
	ModelFile = "model.json"
	// RecipeFile holds the resolved recipe.
	RecipeFile = "run.yaml"
	// TokenizerFile is a copy of the recipe's SentencePiece model, so that the folder can be used
	// anywhere.
	TokenizerFile = "tokenizer.model"

	checkpointsFolder = "checkpoints"
	temporaryPrefix   = ".tmp-"
)

// OpenFolder makes the run folder, or opens it to go on from its newest whole checkpoint. Recipe is
// the content of run.yaml; hash stands for all of it that a resumed run must share. A folder with
// checkpoints of another recipe, or with damaged ones only, is an error.
func OpenFolder(dir string, recipe []byte, hash string) (*Folder, error) {
	return openFolder(dir, recipe, hash, nil)
}

func openFolder(dir string, recipe []byte, hash string, owner *identity) (*Folder, error) {
	checkpoints := filepath.Join(dir, checkpointsFolder)
	if err := os.MkdirAll(checkpoints, 0o755); err != nil {
		return nil, fmt.Errorf("making the run folder: %w", err)
	}
	f := &Folder{Dir: dir, recipe: hash, owner: owner}
	if err := f.removeTemporary(); err != nil {
		return nil, err
	}
	if err := f.findLast(checkpoints); err != nil {
		return nil, err
	}
	if owner != nil {
		if err := owner.fits(f); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(dir, RecipeFile)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, recipe) {
		return f, nil
	}
	return f, atomicfile.WriteBytes(path, recipe)
}

// Done returns the steps that the folder's newest whole checkpoint has behind it.
func (f *Folder) Done() int {
	if f.last == nil {
		return 0
	}
	return f.last.Step
}

// removeTemporary removes what a killed run was writing.
func (f *Folder) removeTemporary() error {
	for _, dir := range []string{f.Dir, filepath.Join(f.Dir, checkpointsFolder)} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("opening the run folder: %w", err)
		}
		for _, entry := range entries {
			if !strings.HasPrefix(entry.Name(), temporaryPrefix) {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
				return fmt.Errorf("removing what a killed run left: %w", err)
			}
		}
	}
	return nil
}

// findLast finds the newest checkpoint that is whole.
func (f *Folder) findLast(checkpoints string) error {
	steps, err := listCheckpoints(checkpoints)
	if err != nil {
		return err
	}
	var damaged error
	for _, step := range steps {
		c, err := openCheckpoint(checkpointPath(checkpoints, step))
		if err != nil {
			damaged = errors.Join(damaged, err)
			f.Warnings = append(f.Warnings, err.Error())
			continue
		}
		if c.Recipe != f.recipe && f.owner != nil {
			if err := f.owner.adopt(c, f.Dir); err != nil {
				return err
			}
		}
		if c.Recipe != f.recipe {
			return fmt.Errorf("%s: its checkpoint of step %d is of another recipe than this: see %s, or write to another folder",
				f.Dir, step, filepath.Join(f.Dir, RecipeFile))
		}
		f.last = c
		return nil
	}
	if damaged != nil {
		return fmt.Errorf("%s: no checkpoint is whole; remove %s to begin anew: %w", f.Dir, checkpoints, damaged)
	}
	return nil
}

// Finished reports whether the folder holds the weights of a run that went to its end.
func Finished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, WeightsFile))
	return !errors.Is(err, fs.ErrNotExist)
}
