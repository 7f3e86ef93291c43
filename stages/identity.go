package stages

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
)

// identity is what a resumed run must share with the one before.
type identity struct {
	recipe    Recipe            // all that is known filled in
	datasets  map[string]string // folder -> fingerprint
	tokenizer string            // sha256 of the model's file, or the name of a built-in model
	hash      string            // stands for all of it
}

// newIdentity returns the identity of a recipe whose data are open.
func newIdentity(r Recipe, stream *mixture.Stream) (*identity, error) {
	id := &identity{recipe: r, datasets: map[string]string{}, tokenizer: r.Mixture.Tokenizer.Model}
	for _, folder := range r.datasets() {
		id.datasets[folder] = fingerprint(stream.Dataset(folder).Manifest())
	}
	if sum, err := fileHash(id.tokenizer); err == nil { // a file
		id.tokenizer = sum
	}
	var err error
	id.hash, err = id.withSteps(0)
	return id, err
}

// withSteps identifies the recipe with the given steps. Checkpoints of before a run could be
// extended hold it; now the steps are not part of it: 0. Where files lie, how often checkpoints are
// written and how the run is evaluated never were; what the datasets hold is.
func (id *identity) withSteps(steps int) (string, error) {
	r := id.recipe
	r.Steps, r.CheckpointEvery, r.KeepCheckpoints, r.Eval = steps, 0, 0, nil
	r.Mixture.Tokenizer.Model = id.tokenizer
	r.Mixture.Data = id.datasets[r.Mixture.Data]
	r.Mixture.Tasks = slices.Clone(r.Mixture.Tasks)
	for i := range r.Mixture.Tasks {
		r.Mixture.Tasks[i].Data = id.datasets[r.Mixture.Tasks[i].Data]
	}
	r.Init = slices.Clone(r.Init)
	for i := range r.Init {
		r.Init[i].From = ""
	}
	content, err := r.YAML()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}

// data returns the fingerprint of the dataset of each task.
func (id *identity) data() map[string]string {
	data := map[string]string{}
	for i, folder := range id.recipe.datasets() {
		data[id.recipe.Mixture.Tasks[i].Name] = id.datasets[folder]
	}
	return data
}

// adopt makes a checkpoint, which is not of this recipe's hash, one of it, if it was written before
// steps could be changed and is of the same recipe. Otherwise it is an error that says what
// differs.
func (id *identity) adopt(c *checkpoint, dir string) error {
	old, readErr := ReadRun(dir)
	for _, steps := range []int{id.recipe.Steps, old.Steps, c.Step} {
		hash, err := id.withSteps(steps)
		if err != nil {
			return err
		}
		if c.Recipe == hash && steps > 0 {
			c.state.Recipe, c.state.Steps = id.hash, steps
			c.state.Data, c.state.Tokenizer = id.data(), id.tokenizer
			return c.writeState()
		}
	}
	what := "what differs is not known, since " + filepath.Join(dir, RecipeFile) + " cannot be read"
	if readErr == nil {
		what = strings.Join(id.differences(old, c.state), "; ")
	}
	return fmt.Errorf("%s: its checkpoint of step %d is of another recipe than this: %s. Train with what it began with, or write to another folder", dir, c.Step, what)
}

// differences says in which keys, files and data an older recipe of the run differs from this one.
func (id *identity) differences(old Recipe, s state) (all []string) {
	for _, d := range DiffRecipes(old, id.recipe) {
		if !freeToChange(d.Path) {
			all = append(all, fmt.Sprintf("%s is %s in the run and %s here", d.Path, strict.Text(d.A), strict.Text(d.B)))
		}
	}
	if s.Tokenizer != "" && s.Tokenizer != id.tokenizer {
		all = append(all, fmt.Sprintf("the tokenizer %s is another than when this run began", id.recipe.Mixture.Tokenizer.Model))
	}
	said := map[string]bool{}
	for i, folder := range id.recipe.datasets() {
		began, known := s.Data[id.recipe.Mixture.Tasks[i].Name]
		if known && began != id.datasets[folder] && !said[folder] {
			said[folder] = true
			all = append(all, fmt.Sprintf("the dataset %s holds other samples than when this run began", folder))
		}
	}
	if len(all) == 0 {
		all = append(all, "no key differs, so the data or the tokenizer hold something else than when this run began")
	}
	const most = 12
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return all
}

// freeToChange says whether a run can be resumed with another value of a key.
func freeToChange(path string) bool {
	for _, key := range []string{"steps", "checkpoint_every", "keep_checkpoints", "eval", "data", "tokenizer.model"} {
		if path == key || strings.HasPrefix(path, key+".") {
			return true
		}
	}
	first, last := path[:strings.IndexByte(path+".", '.')], path[strings.LastIndexByte(path, '.')+1:]
	return first == "tasks" && last == "data" || first == "init" && last == "from"
}

// writeState replaces the checkpoint's state.json.
func (c *checkpoint) writeState() error {
	content, err := json.MarshalIndent(c.state, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(c.dir, stateFile), append(content, '\n'))
}

// openFolder opens the run folder under the recipe with all that is known filled in.
func (r Recipe) openFolder(dir string, stream *mixture.Stream, network Network, o Options) (*Folder, error) {
	r.Mixture = stream.Recipe()
	id, err := newIdentity(r, stream)
	if err != nil {
		return nil, err
	}
	content, err := r.seenFrom(dir).YAML()
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("# The recipe of this run, with which pali3 %s goes on with it or repeats it.\n# Model: %s\n%s", o.Version, network, pathsBeginHere)
	folder, err := openFolder(dir, append([]byte(head), content...), id.hash, id)
	if err != nil {
		return nil, err
	}
	for _, warning := range folder.Warnings {
		o.warn("passed over a damaged checkpoint: %s", warning)
	}
	if planned := folder.planned(); planned != r.Steps && folder.Done() > 0 && r.Schedule.ends() {
		done := folder.Done()
		o.warn("%s was planned with %d steps, after which its schedule ends; from step %d on it takes the learning rates of a run of %d steps, %.3g at first: this is not the same as %d steps in one go",
			dir, planned, done+1, r.Steps, r.Optimizer.LearningRate*r.Schedule.At(done, r.Steps), r.Steps)
	}
	return folder, nil
}

// planned returns the steps that the run was to have when its last checkpoint was written.
func (f *Folder) planned() int {
	if f.last == nil {
		return 0
	}
	return f.last.Steps
}

// fits is an error if the folder has more steps behind it than the recipe asks for.
func (id *identity) fits(f *Folder) error {
	if done := f.Done(); done > id.recipe.Steps {
		return fmt.Errorf("%s: %d steps of this run are done, and steps is %d: ask for %d or more, or write to another folder", f.Dir, done, id.recipe.Steps, done)
	}
	return nil
}

// datasets lists the folder of the dataset of each task.
func (r Recipe) datasets() (folders []string) {
	for _, t := range r.Mixture.Tasks {
		if t.Data != "" {
			folders = append(folders, t.Data)
		} else {
			folders = append(folders, r.Mixture.Data)
		}
	}
	return folders
}
