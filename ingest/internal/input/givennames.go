package input

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// GivenNames returns the names of given files and folders for keys and origins: their base names,
// however the paths were typed, so that no local path gets into a dataset. If names are equal,
// their paths below the common folder are used. URLs keep their name without parameters.
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

// shared returns the common folder of all paths.
func shared(paths []string) string {
	folder := filepath.Dir(paths[0])
	for _, path := range paths[1:] {
		for folder != filepath.Dir(folder) && !strings.HasPrefix(path, folder+string(filepath.Separator)) {
			folder = filepath.Dir(folder)
		}
	}
	return folder
}
