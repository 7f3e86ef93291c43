package stages

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// resume checks that a folder's checkpoint is of this recipe, whose data are open.
func (r Recipe) resume(f *Folder, stream *mixture.Stream) error {
	id, err := newIdentity(r, stream)
	if err != nil {
		return err
	}
	if f.last != nil {
		if err := id.accept(f.last, f.Dir); err != nil {
			return err
		}
	}
	f.recipe, f.data, f.tokenizer = id.hash, id.data(), id.tokenizer
	return nil
}

// streamVersion returns the version of the order of examples for a run into a folder: that of the
// recipe, or else that of the run that the folder holds, or else 0, the newest.
func (r Recipe) streamVersion(dir string) int {
	if steps, err := listCheckpoints(filepath.Join(dir, checkpointsFolder)); r.Mixture.StreamVersion != 0 || err != nil || len(steps) == 0 {
		return r.Mixture.StreamVersion
	}
	old, err := ReadRun(dir, &Registry{Data: r.Mixture.Registry, Families: r.Families})
	if err != nil {
		return 0 // resume reports it
	}
	return old.Mixture.StreamVersion
}

// identity is what a resumed run must share with the interrupted one.
type identity struct {
	recipe    Recipe            // with all known values filled in
	datasets  map[string]string // folder -> fingerprint
	tokenizer string            // sha256 of the model's file, or the name of a built-in model
	hash      string            // of all of it
}

// newIdentity returns the identity of a recipe whose data are open.
func newIdentity(r Recipe, stream *mixture.Stream) (*identity, error) {
	id := &identity{recipe: r, datasets: map[string]string{}, tokenizer: r.Mixture.Tokenizer.Model}
	for _, folder := range r.datasets() {
		if id.datasets[folder] = stream.RowsFingerprint(folder); id.datasets[folder] == "" {
			id.datasets[folder] = fingerprint(stream.Dataset(folder).Manifest())
		}
	}
	if sum, err := fileHash(id.tokenizer); err == nil { // a file
		id.tokenizer = sum
	}
	var err error
	id.hash, err = id.withSteps(0)
	return id, err
}

// withSteps returns the hash of the identity with the given steps. Steps are part of it only in
// checkpoints from before a run could be extended; otherwise they are 0. Datasets and the tokenizer
// enter by content, not by path; how often checkpoints are written and how the run is evaluated do
// not matter.
func (id *identity) withSteps(steps int) (string, error) {
	r := id.recipe
	if r.Mixture.StreamVersion == 1 {
		r.Mixture.StreamVersion = 0 // as in checkpoints from before there were versions
	}
	r.Steps, r.CheckpointEvery, r.KeepCheckpoints, r.Eval = steps, 0, 0, nil
	if r.VisualTokensLimit = 0; r.VisualTokens != "" {
		r.VisualTokens = "bfloat16" // what matters, not where they are
	}
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

// accept returns an error if a run of this identity cannot continue from a checkpoint: it is of
// another recipe, or it has taken more steps than the recipe asks for. A checkpoint of this recipe
// that was written when the number of steps was part of the identity is brought up to date.
func (id *identity) accept(c *checkpoint, dir string) error {
	if c.Recipe != id.hash {
		if err := id.adopt(c, dir); err != nil {
			return err
		}
	}
	if c.Step > id.recipe.Steps {
		return fmt.Errorf("%s: %d steps of this run are done, and steps is %d: ask for %d or more, or write to another folder",
			dir, c.Step, id.recipe.Steps, c.Step)
	}
	return nil
}

// adopt brings a checkpoint of this recipe with another hash up to date: one whose hash counted the
// steps, or whose recipe was written with other words, such as the older name of a family. For one
// of another recipe it returns an error that says what differs.
func (id *identity) adopt(c *checkpoint, dir string) error {
	old, readErr := ReadRun(dir, &Registry{Data: id.recipe.Mixture.Registry, Families: id.recipe.Families})
	for _, steps := range []int{id.recipe.Steps, old.Steps, c.Step} {
		hash, err := id.withSteps(steps)
		if err != nil {
			return err
		}
		if c.Recipe == hash && steps > 0 {
			return id.renew(c, steps)
		}
	}
	if readErr == nil && c.state.Data != nil && c.state.Tokenizer != "" && len(id.differing(old, c.state)) == 0 {
		return id.renew(c, c.state.Steps)
	}
	what := "what differs is not known, since " + filepath.Join(dir, RecipeFile) + " cannot be read"
	if readErr == nil {
		what = strings.Join(id.differences(old, c.state), "; ")
	}
	return fmt.Errorf("%s: its checkpoint of step %d is of another recipe than this: %s. Train with what it began with, or write to another folder", dir, c.Step, what)
}

// renew gives a checkpoint this identity.
func (id *identity) renew(c *checkpoint, steps int) error {
	c.state.Recipe, c.state.Steps = id.hash, steps
	c.state.Data, c.state.Tokenizer = id.data(), id.tokenizer
	return c.writeState()
}

// differences lists the keys, files and data in which a run's older recipe differs from this one,
// for an error.
func (id *identity) differences(old Recipe, s state) []string {
	all := id.differing(old, s)
	if len(all) == 0 {
		all = append(all, "no key differs, so the content of the data or of the tokenizer does")
	}
	const most = 12
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("and %d more", len(all)-most))
	}
	return all
}

// differing lists the same, without an end.
func (id *identity) differing(old Recipe, s state) (all []string) {
	for _, d := range DiffRecipes(old, id.recipe) {
		if d.Path == "visual_tokens" && old.VisualTokens != "" && id.recipe.VisualTokens != "" {
			continue // another folder gives the same tokens
		}
		if !freeToChange(d.Path) {
			all = append(all, fmt.Sprintf("%s is %s in the run and %s here", d.Path, strict.Text(d.A), strict.Text(d.B)))
		}
	}
	if s.Tokenizer != "" && s.Tokenizer != id.tokenizer {
		all = append(all, fmt.Sprintf("the tokenizer %s is not the one that this run began with", id.recipe.Mixture.Tokenizer.Model))
	}
	said := map[string]bool{}
	for i, folder := range id.recipe.datasets() {
		began, known := s.Data[id.recipe.Mixture.Tasks[i].Name]
		if known && began != id.datasets[folder] && !said[folder] {
			said[folder] = true
			all = append(all, fmt.Sprintf("the dataset %s is not the one that this run began with", folder))
		}
	}
	return all
}

// freeToChange reports whether a run can be resumed with another value of a key.
func freeToChange(path string) bool {
	for _, key := range []string{"steps", "checkpoint_every", "keep_checkpoints", "eval", "data", "tokenizer.model", "visual_tokens_limit"} {
		if path == key || strings.HasPrefix(path, key+".") {
			return true
		}
	}
	first, last := path[:strings.IndexByte(path+".", '.')], path[strings.LastIndexByte(path, '.')+1:]
	return first == "tasks" && last == "data" || first == "init" && last == "from"
}

// fingerprint identifies the content of a dataset.
func fingerprint(m *shards.Manifest) string {
	h := sha256.New()
	for _, file := range m.Files {
		fmt.Fprintln(h, file.SHA256, file.Rows)
	}
	return hex.EncodeToString(h.Sum(nil))
}
