// Package recipes embeds the recipes that ship with pali3, one YAML file each. A shipped recipe goes by
// the name of its file: siglip is siglip.yaml.
package recipes

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

//go:embed *.yaml
var shipped embed.FS

// Names lists the shipped recipes.
func Names() []string {
	files, err := fs.Glob(shipped, "*.yaml")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(file, path.Ext(file))
	}
	return files
}

// Read returns the text of a shipped recipe, by name, or else of the file at that path.
func Read(nameOrFile string) ([]byte, error) {
	if text, err := shipped.ReadFile(nameOrFile + ".yaml"); err == nil {
		return text, nil
	}
	text, err := os.ReadFile(nameOrFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("recipe %s is neither a file nor one of those that ship: %s", nameOrFile, strings.Join(Names(), ", "))
	}
	if err == nil && len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("recipe %s: the file is empty", nameOrFile)
	}
	return text, err
}
