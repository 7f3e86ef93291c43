package stages

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/mixture"
)

// ReadRecipe reads a recipe's YAML, applies assignments such as "optimizer.learning_rate=1e-3", and
// checks it. Paths in the YAML are relative to the folder base, "" for the current one; paths in
// assignments are relative to the current folder. Errors give the file name, the line, the key, the
// value and what is legal; the error about an unknown key names the nearest legal one.
//
// Registry holds what the recipe may name, such as kinds of task; nil means what is built in.
//
// In an old run.yaml, whose paths are not relative to its own folder, a path that does not exist
// there is relative to the current folder.
func ReadRecipe(content []byte, name, base string, registry *Registry, assignments ...string) (Recipe, error) {
	content, base, err := withIncluded(content, name, base)
	if err != nil {
		return Recipe{}, err
	}
	r, err := decodeRecipe(content, name, base, registry, assignments)
	if err != nil {
		return Recipe{}, err
	}
	if err := r.Problems().At(content, name, assignments); err != nil {
		return Recipe{}, err
	}
	return r, nil
}

// ParseRecipe reads a recipe as [ReadRecipe] does, with paths relative to the current folder. It
// checks the data half, not the training half: see [Recipe.Check].
func ParseRecipe(content []byte, name string, registry *Registry, assignments ...string) (Recipe, error) {
	return readData(content, name, "", registry, assignments...)
}

// ReadRun reads the recipe of a run folder, run.yaml. Registry is as in [ReadRecipe].
func ReadRun(dir string, registry *Registry) (Recipe, error) {
	path := filepath.Join(dir, RecipeFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("reading the recipe of a run: %w", err)
	}
	return readData(content, path, dir, registry)
}

// readData reads a recipe without checking its training half.
func readData(content []byte, name, base string, registry *Registry, assignments ...string) (Recipe, error) {
	content, base, err := withIncluded(content, name, base)
	if err != nil {
		return Recipe{}, err
	}
	r, err := decodeRecipe(content, name, base, registry, assignments)
	if err != nil {
		return Recipe{}, err
	}
	if err := r.Mixture.Problems().At(content, name, assignments); err != nil {
		return Recipe{}, err
	}
	return r, nil
}

// Resolve returns a recipe's YAML with the recipes that it includes, in one: comments at its head
// say which file and line each key is from. Its paths are relative to the current folder. Content
// that includes none is returned as it is.
func Resolve(content []byte, name, base string) ([]byte, error) {
	content, _, err := withIncluded(content, name, base)
	return content, err
}

// withIncluded returns a recipe with those that it includes, and the folder at which its paths
// begin.
func withIncluded(content []byte, name, base string) ([]byte, string, error) {
	all, merged, err := strict.Include(content, name, base, mover(content, name, base), &Recipe{})
	if merged {
		base = ""
	}
	return all, base, err
}

func decodeRecipe(content []byte, name, base string, registry *Registry, assignments []string) (r Recipe, err error) {
	r = emptyRecipe(content, registry, assignments)
	if err := strict.ReadMoved(content, name, mover(content, name, base), &r, assignments...); err != nil {
		return Recipe{}, err
	}
	r.Mixture = r.Mixture.Flat()
	return r.fromBeforeVersions(name).named(), nil
}

// fromBeforeVersions returns the recipe with the first order of examples if it states none and is
// that of a run, or names its family by the older key stage: it is from before orders had versions.
func (r Recipe) fromBeforeVersions(name string) Recipe {
	if r.Mixture.StreamVersion == 0 && (filepath.Base(name) == RecipeFile || r.Stage != "") {
		r.Mixture.StreamVersion = 1
	}
	return r
}

// emptyRecipe returns the recipe to read YAML into: its model is the empty config of the family
// that the YAML names, so that its keys are known.
func emptyRecipe(content []byte, registry *Registry, assignments []string) Recipe {
	r := Recipe{Mixture: mixture.Recipe{Registry: registry.Mixture()}, Families: registry.families(), Download: registry.download()}
	var head struct{ Family, Stage string }
	_ = yaml.Unmarshal(content, &head) // errors are reported when the whole is read
	for _, a := range assignments {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "family":
			head.Family = value
		case "stage":
			head.Stage = value
		}
	}
	if f, known := r.families().Find(cmp.Or(head.Family, head.Stage)); known {
		r.Model = Model{Config: f.New(), family: f}
	}
	return r
}

// named returns the recipe with its family's name in place of an older one.
func (r Recipe) named() Recipe {
	f, known := r.families().Find(cmp.Or(r.Family, r.Stage))
	if of, _ := r.families().Find(r.Stage); known && (r.Stage == "" || of.Name == f.Name) {
		r.Family, r.Stage = f.Name, ""
	} else if r.Family == "" {
		r.Family = r.Stage
	}
	return r
}

// pathsBeginHere marks a run.yaml whose paths are relative to its folder.
const pathsBeginHere = "# Paths begin at this folder.\n"

// mover returns the function that makes the paths of a recipe relative to the current folder.
func mover(content []byte, name, base string) func(string) string {
	from := strict.From(base)
	if filepath.Base(name) != RecipeFile || bytes.Contains(content, []byte(pathsBeginHere)) {
		return from
	}
	return func(path string) string {
		moved := from(path)
		if missing(moved) && !missing(path) {
			return path
		}
		return moved
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
