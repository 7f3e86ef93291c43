package input

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// NamesOf returns the names of files for keys and origins: the base name, preceded by as many
// parent folders as are needed to make the names distinct. The result does not depend on how a path
// was typed, nor on the working directory.
func NamesOf(files []string) []string {
	paths := make([][]string, len(files))
	for i, file := range files {
		paths[i] = elementsOf(file)
	}
	names := make([]string, len(files))
	for k, left := 1, len(files); left > 0; k++ {
		owners, shared := map[string]int{}, map[string]bool{}
		for i, path := range paths {
			end := suffix(path, k)
			if owner, there := owners[end]; there && !slices.Equal(paths[owner], path) {
				shared[end] = true
			} else {
				owners[end] = i
			}
		}
		left = 0
		for i, path := range paths {
			switch end := suffix(path, k); {
			case names[i] != "":
			case shared[end] && k < len(path):
				left++
			default:
				names[i] = end
			}
		}
	}
	return names
}

// elementsOf returns the elements of a file's absolute path, or of a URL.
func elementsOf(file string) []string {
	file = DisplayName(file)
	if !shards.IsURL(file) {
		if absolute, err := filepath.Abs(file); err == nil {
			file = absolute
		}
		file = filepath.ToSlash(file)
	}
	return strings.FieldsFunc(file, func(r rune) bool { return r == '/' })
}

func suffix(path []string, k int) string { return strings.Join(path[max(0, len(path)-k):], "/") }
