package stages

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
func ReadRecipe(content []byte, name, base string, registry *mixture.Registry, assignments ...string) (Recipe, error) {
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
func ParseRecipe(content []byte, name string, registry *mixture.Registry, assignments ...string) (Recipe, error) {
	return readData(content, name, "", registry, assignments...)
}

// ReadRun reads the recipe of a run folder, run.yaml. Registry is as in [ReadRecipe].
func ReadRun(dir string, registry *mixture.Registry) (Recipe, error) {
	path := filepath.Join(dir, RecipeFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("reading the recipe of a run: %w", err)
	}
	return readData(content, path, dir, registry)
}

// readData reads a recipe without checking its training half.
func readData(content []byte, name, base string, registry *mixture.Registry, assignments ...string) (Recipe, error) {
	r, err := decodeRecipe(content, name, base, registry, assignments)
	if err != nil {
		return Recipe{}, err
	}
	if err := r.Mixture.Problems().At(content, name, assignments); err != nil {
		return Recipe{}, err
	}
	return r, nil
}

func decodeRecipe(content []byte, name, base string, registry *mixture.Registry, assignments []string) (r Recipe, err error) {
	r.Mixture.Registry = registry
	err = strict.ReadMoved(content, name, mover(content, name, base), &r, assignments...)
	return r, err
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
