package stages

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
)

// Folder is a run folder, all that a training leaves behind:
//
//	run.yaml                        the recipe with every value filled in
//	metrics.jsonl                   one line per step and one per evaluation
//	events.out.tfevents.*           the same for TensorBoard
//	checkpoints/step-N/             the state after step N: weights, optimizer's tensors, state.json
//	checkpoints/best-N.safetensors  the weights after step N, if they were the best until then
//	weights.safetensors             the weights at the end, or the best; while a finished run is
//	                                extended, those of its former end
//	best.json                       which step they are from, if they are the best
//	seen.json                       the kinds of task and the languages of the training data
//	model.json                      the model's config
//	scans/                          which samples of datasets of a million rows and more the tasks
//	                                use, so that resuming does not read them again
//
// The weights, best.json, seen.json and model.json appear at the end of a run.
type Folder struct {
	Dir string
	// Warnings name checkpoints that are damaged and were passed over.
	Warnings []string

	last *checkpoint // newest whole one, or nil
	// recipe is the hash of what a resumed run must share; data and tokenizer are parts of it.
	recipe    string
	data      map[string]string
	tokenizer string
}

const (
	// WeightsFile holds a finished run's weights.
	WeightsFile = "weights.safetensors"
	// ModelFile holds the config of the model that the weights belong to, as JSON.
	ModelFile = "model.json"
	// RecipeFile holds the resolved recipe.
	RecipeFile = "run.yaml"
	// TokenizerFile is a copy of the recipe's SentencePiece model, so that the folder can be used
	// on its own.
	TokenizerFile = "tokenizer.model"

	checkpointsFolder = "checkpoints"
	scansFolder       = "scans"
	temporaryPrefix   = ".tmp-"
)

// OpenFolder makes a run folder, or opens one to continue from its newest whole checkpoint. Recipe
// is the content of run.yaml; hash identifies all that a resumed run must share. It is an error if
// the folder's checkpoints are of another recipe or all damaged.
func OpenFolder(dir string, recipe []byte, hash string) (*Folder, error) {
	f, err := findFolder(dir)
	if err != nil {
		return nil, err
	}
	if f.last != nil && f.last.Recipe != hash {
		return nil, fmt.Errorf("%s: its checkpoint of step %d is of another recipe than this: see %s, or write to another folder",
			dir, f.last.Step, filepath.Join(dir, RecipeFile))
	}
	f.recipe = hash
	return f, f.writeRecipe(recipe)
}

// openFolder opens the run folder of a recipe and writes its run.yaml, with all known values filled
// in.
func (r Recipe) openFolder(dir string, stream *mixture.Stream, network Network, o Options) (*Folder, error) {
	f, err := findFolder(dir)
	if err != nil {
		return nil, err
	}
	r.Mixture = stream.Recipe()
	if err := r.resume(f, stream); err != nil {
		return nil, err
	}
	content, err := r.seenFrom(dir).YAML()
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("# The recipe of this run, with which pali3 %s goes on with it or repeats it.\n# Model: %s\n%s", o.Version, network, pathsBeginHere)
	if err := f.writeRecipe(append([]byte(head), content...)); err != nil {
		return nil, err
	}
	for _, warning := range f.Warnings {
		o.warn("passed over a damaged checkpoint: %s", warning)
	}
	if f.last != nil && f.last.Step > 0 && f.last.Steps != r.Steps && r.Schedule.ends() {
		done, planned := f.last.Step, f.last.Steps
		o.warn("%s was planned with %d steps, after which its schedule ends; from step %d on it takes the learning rates of a run of %d steps, %.3g at first: this is not the same as %d steps in one go",
			dir, planned, done+1, r.Steps, r.Optimizer.LearningRate*r.Schedule.At(done, r.Steps), r.Steps)
	}
	return f, nil
}

// Done returns the number of steps that the folder's newest whole checkpoint has taken.
func (f *Folder) Done() int {
	if f.last == nil {
		return 0
	}
	return f.last.Step
}

// Finished reports whether the folder holds the weights of a finished run.
func Finished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, WeightsFile))
	return !errors.Is(err, os.ErrNotExist)
}

// findFolder makes the folder, or finds its newest whole checkpoint.
func findFolder(dir string) (*Folder, error) {
	f := &Folder{Dir: dir}
	checkpoints := filepath.Join(dir, checkpointsFolder)
	if err := os.MkdirAll(checkpoints, 0o755); err != nil {
		return nil, fmt.Errorf("making the run folder: %w", err)
	}
	if err := f.removeTemporary(); err != nil {
		return nil, err
	}
	var err error
	f.last, f.Warnings, err = newestCheckpoint(checkpoints)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return f, nil
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

// writeRecipe writes run.yaml unless it is there already.
func (f *Folder) writeRecipe(content []byte) error {
	path := filepath.Join(f.Dir, RecipeFile)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return atomicfile.WriteBytes(path, content)
}

// seenFrom returns the recipe with its paths relative to a run's folder, so that a project that is
// moved or copied as a whole still works. An absolute path stays absolute unless it lies in the
// folder that holds the run's. URLs, names of built-in models and files on another volume stay as
// they are.
func (r Recipe) seenFrom(dir string) Recipe {
	folder, err := filepath.Abs(dir)
	if err != nil {
		return r
	}
	project := filepath.Dir(folder)
	strict.MovePaths(&r, func(path string) string {
		if !strict.IsRelative(path) && !filepath.IsAbs(path) {
			return path
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return path
		}
		relative, err := filepath.Rel(folder, absolute)
		if within, e := filepath.Rel(project, absolute); err != nil || filepath.IsAbs(path) && (e != nil || !filepath.IsLocal(within)) {
			return absolute
		}
		return filepath.ToSlash(relative)
	})
	return r
}
