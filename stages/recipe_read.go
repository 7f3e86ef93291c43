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

// ReadRecipe reads a recipe's YAML, with assignments such as "optimizer.learning_rate=1e-3"
// applied, and checks it. Relative paths in the YAML begin at the folder base, "" for the current
// one; those in assignments begin at the current folder. Name is the file's: errors name it, the
// line, the key, what was found and what is legal. An unknown key is an error that names the
// nearest legal one.
//
// Registry holds what the recipe may name, such as kinds of task; nil for what is built in.
//
// A run.yaml from before its paths began at its own folder is read, too: a path that does not exist
// from there begins at the current folder.
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

// ParseRecipe reads a recipe as [ReadRecipe] does, with all paths beginning at the current folder.
// The data half is checked, the training half is not: see [Recipe.Check].
func ParseRecipe(content []byte, name string, registry *mixture.Registry, assignments ...string) (Recipe, error) {
	return readData(content, name, "", registry, assignments...)
}

// ReadRun reads the recipe of a run folder, its run.yaml. Registry is that of [ReadRecipe].
func ReadRun(dir string, registry *mixture.Registry) (Recipe, error) {
	path := filepath.Join(dir, RecipeFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("reading the recipe of a run: %w", err)
	}
	return readData(content, path, dir, registry)
}

// readData reads a recipe whose training half is not looked at.
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

// pathsBeginHere stands in the head of a run.yaml whose paths begin at its folder.
const pathsBeginHere = "# Paths begin at this folder.\n"

// mover returns what makes the paths of a recipe begin at the current folder.
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
