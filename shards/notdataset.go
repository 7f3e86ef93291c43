package shards

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// notDataset is the error for a folder or prefix without a manifest. It wraps fs.ErrNotExist.
type notDataset struct {
	name string
	err  error
}

func (e notDataset) Unwrap() error { return e.err }

// Error says whether a local folder exists, and which of its subfolders are datasets.
func (e notDataset) Error() string {
	message := e.name + " is not a dataset: "
	entries, err := os.ReadDir(e.name)
	if errors.Is(err, fs.ErrNotExist) && !strings.Contains(e.name, "://") {
		return message + "there is no such folder"
	}
	message += "it has no " + ManifestName
	var below []string
	for _, entry := range entries {
		dir := filepath.Join(e.name, entry.Name())
		if _, err := os.Stat(filepath.Join(dir, ManifestName)); err == nil && len(below) < 5 {
			below = append(below, dir)
		}
	}
	if len(below) > 0 {
		message += "; there are datasets in it: " + strings.Join(below, ", ")
	}
	return message
}
