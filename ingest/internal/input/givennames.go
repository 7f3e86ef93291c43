package input

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// GivenNames returns what keys and origins call files and folders that were given: their own names,
// however their paths were typed, so that no path of this machine gets into a dataset. Those of one
// name have their paths below the folder that they share. URLs are called as they are, without
// parameters.
func GivenNames(paths []string) []string {
	names, absolute := make([]string, len(paths)), make([]string, len(paths))
	same := map[string][]string{} // a name -> the paths of it
	for i, path := range paths {
		if shards.IsURL(path) || path == "-" {
			names[i] = DisplayName(path)
			continue
		}
		full, err := filepath.Abs(path)
		if err != nil {
			full = filepath.Clean(path)
		}
		absolute[i] = full
		if base := filepath.Base(full); !slices.Contains(same[base], full) {
			same[base] = append(same[base], full)
		}
	}
	for i, full := range absolute {
		if full == "" {
			continue
		}
		names[i] = filepath.Base(full)
		if all := same[names[i]]; len(all) > 1 {
			names[i] = strings.TrimPrefix(filepath.ToSlash(full[len(shared(all)):]), "/")
		}
	}
	return names
}

// shared returns the folder that all paths are below.
func shared(paths []string) string {
	folder := filepath.Dir(paths[0])
	for _, path := range paths[1:] {
		for folder != filepath.Dir(folder) && !strings.HasPrefix(path, folder+string(filepath.Separator)) {
			folder = filepath.Dir(folder)
		}
	}
	return folder
}
