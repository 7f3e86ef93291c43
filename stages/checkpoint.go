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
// and renamed. The step is the whole state of the stream, because a batch is a function of it.
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
	// Steps is the run's planned number.
	Steps     int    `json:"steps,omitempty"`
	Optimizer string `json:"optimizer"`
	// Recipe and Shapes are hashes of what must be the same to resume.
	Recipe string `json:"recipe"`
	Shapes string `json:"shapes"`
	// Data maps each task to the fingerprint of its dataset, and Tokenizer is the hash of the
	// model's file. If Recipe differs, they tell why.
	Data      map[string]string `json:"data,omitempty"`
	Tokenizer string            `json:"tokenizer,omitempty"`
	// Hosts says how many hosts made the batches, from which steps on. Nil for one alone.
	Hosts []hostsFrom `json:"hosts,omitempty"`
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

// listCheckpoints returns the steps of all checkpoints, newest first.
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

// newestCheckpoint returns the newest whole checkpoint, or nil if there are no checkpoints, and why
// newer ones are damaged. It is an error if all are damaged.
func newestCheckpoint(parent string) (newest *checkpoint, damaged []string, err error) {
	steps, err := listCheckpoints(parent)
	if err != nil {
		return nil, nil, err
	}
	var all error
	for _, step := range steps {
		c, err := openCheckpoint(checkpointPath(parent, step))
		if err == nil {
			return c, damaged, nil
		}
		all = errors.Join(all, err)
		damaged = append(damaged, err.Error())
	}
	if all != nil {
		return nil, nil, fmt.Errorf("no checkpoint is whole; remove %s to start over: %w", parent, all)
	}
	return nil, nil, nil
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

// restore loads the checkpoint's tensors into the weights and the optimizer's state.
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

// writeState replaces the checkpoint's state.json.
func (c *checkpoint) writeState() error {
	content, err := json.MarshalIndent(c.state, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(c.dir, stateFile), append(content, '\n'))
}

// save writes a checkpoint, removes all but the newest ones to keep, and returns the step of the
// oldest that is left.
func (f *Folder) save(s state, all, moments *weights.Set, keep int) (oldest int, err error) {
	parent := filepath.Join(f.Dir, checkpointsFolder)
	temporary, err := os.MkdirTemp(parent, temporaryPrefix+"step-*")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temporary)
	s.Format, s.Files = checkpointFormat, map[string]string{}
	s.Recipe, s.Shapes, s.Data, s.Tokenizer = f.recipe, shapesHash(all.Specs()), f.data, f.tokenizer
	for i, set := range []*weights.Set{all, moments} {
		name := tensorFiles[i]
		path := filepath.Join(temporary, name)
		if err := set.Save(path, map[string]string{"step": strconv.Itoa(s.Step)}); err != nil {
			return 0, err
		}
		if s.Files[name], err = fileHash(path); err != nil {
			return 0, err
		}
	}
	c := &checkpoint{state: s, dir: temporary}
	if err := c.writeState(); err != nil {
		return 0, err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return 0, err
	}
	c.dir = checkpointPath(parent, s.Step)
	if err := discard(c.dir); err != nil { // a damaged one that was passed over
		return 0, err
	}
	if err := os.Rename(temporary, c.dir); err != nil {
		return 0, err
	}
	if err := syncFolder(parent); err != nil {
		return 0, err
	}
	f.last = c
	return f.removeOld(s.Step, keep)
}

// removeOld removes the oldest checkpoints so that keep are left, up to that of a step, and returns
// the step of the oldest of these.
func (f *Folder) removeOld(step, keep int) (oldest int, err error) {
	if keep == 0 {
		keep = defaultKeepCheckpoints
	}
	parent := filepath.Join(f.Dir, checkpointsFolder)
	steps, err := listCheckpoints(parent)
	if err != nil {
		return 0, err
	}
	steps = slices.DeleteFunc(steps, func(s int) bool { return s > step }) // damaged, not ours to remove
	kept := min(keep, len(steps))
	if kept == 0 {
		return step, nil
	}
	for _, old := range steps[kept:] {
		err = errors.Join(err, discard(checkpointPath(parent, old)))
	}
	return steps[kept-1], err
}

// discard removes a checkpoint. If killed, it leaves no partial checkpoint under that name.
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

// shapesHash identifies the names and shapes of weights.
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
