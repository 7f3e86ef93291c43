package stages

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/models/weights"
)

// A checkpoint is a folder step-N that appears whole: it is written under a temporary name, synced
// and renamed. The state of the stream is the step, since a batch is a function of it.
const (
	checkpointFormat = 1
	stateFile        = "state.json"
	optimizerFile    = "optimizer.safetensors"
)

// tensorFiles hold the weights and the optimizer's state.
var tensorFiles = [2]string{WeightsFile, optimizerFile}

// state is the content of state.json.
type state struct {
	Format int `json:"format"`
	// Step counts the steps taken.
	Step int `json:"step"`
	// Steps is how many the run was to have.
	Steps     int    `json:"steps,omitempty"`
	Optimizer string `json:"optimizer"`
	// Recipe and Shapes are hashes of what must be the same to go on.
	Recipe string `json:"recipe"`
	Shapes string `json:"shapes"`
	// Data maps each task to the fingerprint of its dataset, and Tokenizer is the hash of the
	// model's file: to say what is not the same.
	Data      map[string]string `json:"data,omitempty"`
	Tokenizer string            `json:"tokenizer,omitempty"`
	// Files maps each other file to the sha256 of its content.
	Files map[string]string `json:"files"`
}

// checkpoint is a whole checkpoint on disk.
type checkpoint struct {
	state
	dir string
}

func checkpointPath(parent string, step int) string {
	return filepath.Join(parent, fmt.Sprintf("step-%d", step))
}

// listCheckpoints returns the steps of which there are checkpoints, newest first.
func listCheckpoints(parent string) ([]int, error) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, fmt.Errorf("listing checkpoints: %w", err)
	}
	var steps []int
	for _, entry := range entries {
		number, ok := strings.CutPrefix(entry.Name(), "step-")
		if step, err := strconv.Atoi(number); ok && err == nil && step >= 0 {
			steps = append(steps, step)
		}
	}
	slices.SortFunc(steps, func(a, b int) int { return cmp.Compare(b, a) })
	return steps, nil
}

// openCheckpoint reads a checkpoint's state and verifies its files against it.
func openCheckpoint(dir string) (*checkpoint, error) {
	c := &checkpoint{dir: dir}
	path := filepath.Join(dir, stateFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening a checkpoint: %w", err)
	}
	if err := jsonerr.Explain(json.Unmarshal(content, &c.state)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if c.Format != checkpointFormat {
		return nil, fmt.Errorf("reading %s: format %d, known is %d", path, c.Format, checkpointFormat)
	}
	if name := filepath.Base(checkpointPath("", c.Step)); name != filepath.Base(dir) {
		return nil, fmt.Errorf("reading %s: it is of step %d", path, c.Step)
	}
	for _, name := range tensorFiles {
		sum, err := fileHash(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("verifying a checkpoint: %w", err)
		}
		if sum != c.Files[name] {
			return nil, fmt.Errorf("verifying %s: its sha256 is %s and %s says %q: cut short or damaged",
				filepath.Join(dir, name), sum, stateFile, c.Files[name])
		}
	}
	return c, nil
}

// restore puts the checkpoint's tensors into the weights and the optimizer's state.
func (c *checkpoint) restore(all, moments *weights.Set) error {
	for i, set := range []*weights.Set{all, moments} {
		loaded, err := weights.Load(filepath.Join(c.dir, tensorFiles[i]), set.Specs())
		if err != nil {
			return fmt.Errorf("restoring step %d: %w", c.Step, err)
		}
		copy(set.Tensors(), loaded.Tensors())
	}
	if shapes := shapesHash(all.Specs()); shapes != c.Shapes {
		return fmt.Errorf("restoring step %d: %s was written by a model with other weights beside these", c.Step, c.dir)
	}
	return nil
}

// save writes a checkpoint and then removes all but the last keep.
func (f *Folder) save(s state, all, moments *weights.Set, keep int) error {
	parent := filepath.Join(f.Dir, checkpointsFolder)
	temporary, err := os.MkdirTemp(parent, temporaryPrefix+"step-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	s.Format, s.Files = checkpointFormat, map[string]string{}
	for i, set := range []*weights.Set{all, moments} {
		name := tensorFiles[i]
		path := filepath.Join(temporary, name)
		if err := set.Save(path, map[string]string{"step": strconv.Itoa(s.Step)}); err != nil {
			return err
		}
		if s.Files[name], err = fileHash(path); err != nil {
			return err
		}
	}
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(temporary, stateFile), append(content, '\n')); err != nil {
		return err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return err
	}
	final := checkpointPath(parent, s.Step)
	if err := discard(final); err != nil { // a damaged one that was passed over
		return err
	}
	if err := os.Rename(temporary, final); err != nil {
		return err
	}
	if err := syncFolder(parent); err != nil {
		return err
	}
	f.last = &checkpoint{state: s, dir: final}
	return removeOld(parent, s.Step, keep)
}

// removeOld removes the checkpoints of earlier steps but for the newest, so that keep are left.
func removeOld(parent string, step, keep int) error {
	if keep == 0 {
		keep = 2
	}
	steps, err := listCheckpoints(parent)
	if err != nil {
		return err
	}
	steps = slices.DeleteFunc(steps, func(s int) bool { return s > step }) // damaged, not ours to remove
	for _, old := range steps[min(keep, len(steps)):] {
		err = errors.Join(err, discard(checkpointPath(parent, old)))
	}
	return err
}

// discard removes a checkpoint such that a kill in between leaves no part of it under its name.
func discard(dir string) error {
	if _, err := os.Lstat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	gone := filepath.Join(filepath.Dir(dir), temporaryPrefix+"old-"+filepath.Base(dir))
	if err := os.Rename(dir, gone); err != nil {
		return err
	}
	return os.RemoveAll(gone)
}

func fileHash(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// shapesHash stands for the names and shapes of weights.
func shapesHash(specs []weights.Spec) string {
	h := sha256.New()
	for _, s := range specs {
		fmt.Fprintf(h, "%q %v\n", s.Name, s.Shape)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
