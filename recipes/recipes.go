// Package recipes embeds the recipes that ship with pali3, one YAML file each. A shipped recipe
// goes by the name of its file: webli is webli.yaml, and paligemma/vqav2 is that of the folder.
package recipes

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/pali3/pali3/internal/strict"
)

//go:embed *.yaml paligemma/*.yaml
var shipped embed.FS

// Recipe is the text of a shipped recipe or of a file.
type Recipe struct {
	// Name is that of the shipped recipe, or the path of the file.
	Name string
	Text []byte
	// Dir is the folder at which its relative paths begin: the file's; "", the current folder, for
	// one that ships.
	Dir string
}

// Kinds of recipe, see [Recipe.Kind].
const (
	Training = "training"
	Curation = "curation"
)

// Names lists the shipped recipes, those in folders last.
func Names() []string {
	var names []string
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		files, err := fs.Glob(shipped, pattern)
		if err != nil {
			panic(err) // the pattern is wrong
		}
		for _, file := range files {
			names = append(names, strings.TrimSuffix(file, path.Ext(file)))
		}
	}
	return names
}

// Open returns a shipped recipe, by name, or else the file at that path.
func Open(nameOrFile string) (Recipe, error) {
	if text, err := shipped.ReadFile(nameOrFile + ".yaml"); err == nil {
		return Recipe{Name: nameOrFile, Text: text}, nil
	}
	text, err := os.ReadFile(nameOrFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Recipe{}, fmt.Errorf("recipe %s is neither a file nor a shipped recipe%s; pali3 recipe list shows those that ship", nameOrFile, meant(nameOrFile))
	case isFolder(nameOrFile):
		return Recipe{}, notRecipe(nameOrFile)
	case err != nil:
		return Recipe{}, fmt.Errorf("reading a recipe: %w", err)
	case len(bytes.TrimSpace(text)) == 0:
		return Recipe{}, fmt.Errorf("recipe %s: the file is empty", nameOrFile)
	case bytes.Contains(text, []byte("\ntrain:\n")) && bytes.Contains(text, []byte("\nscore:\n")):
		return Recipe{}, fmt.Errorf("%s is the pipeline of a project, not a recipe; pali3 run %s runs it, and its recipes are in %s", nameOrFile, filepath.Dir(nameOrFile), filepath.Join(filepath.Dir(nameOrFile), "recipes"))
	}
	return Recipe{Name: nameOrFile, Text: text, Dir: filepath.Dir(nameOrFile)}, nil
}

// meant asks whether the closest name of a shipped recipe was meant, or returns "".
func meant(name string) string {
	if near := strict.Close(name, Names()); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// notRecipe returns the error for a folder, which names the recipes in it.
func notRecipe(dir string) error {
	var found []string
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".yaml") && entry.Name() != "pipeline.yaml" {
			found = append(found, filepath.Join(dir, entry.Name()))
		}
	}
	if len(found) == 0 {
		return fmt.Errorf("recipe %s is a folder without a recipe; name a YAML file, or a recipe that pali3 recipe list shows", dir)
	}
	return fmt.Errorf("recipe %s is a folder; name a file in it: %s", dir, strings.Join(found[:min(len(found), 10)], ", "))
}

// Read returns the text of a shipped recipe, by name, or else of the file at that path.
func Read(nameOrFile string) ([]byte, error) {
	r, err := Open(nameOrFile)
	return r.Text, err
}

// About returns the first sentence of the comment at the recipe's head.
func (r Recipe) About() string {
	var words []string
	for line := range strings.Lines(string(r.Text)) {
		line = strings.TrimSpace(line)
		comment, ok := strings.CutPrefix(line, "#")
		if !ok && line != "" || len(words) > 0 && strings.TrimSpace(comment) == "" {
			break
		}
		for _, word := range strings.Fields(comment) {
			if words = append(words, word); strings.HasSuffix(word, ".") {
				return strings.Join(words, " ")
			}
		}
	}
	return strings.Join(words, " ")
}

// trainingKeys are those of training recipes alone.
var trainingKeys = []string{"family", "stage", "include", "curriculum", "tasks", "tokenizer", "lengths", "batch", "model", "steps", "optimizer", "schedule", "init", "freeze"}

// Kind returns Training or Curation, by the recipe's keys.
func (r Recipe) Kind() (kind string) {
	defer func() {
		if recover() != nil { // the YAML parser panics on some broken input
			kind = Training
		}
	}()
	var keys map[string]any
	if yaml.Unmarshal(r.Text, &keys) != nil {
		return Training
	}
	for _, key := range trainingKeys {
		if _, ok := keys[key]; ok {
			return Training
		}
	}
	return Curation
}
