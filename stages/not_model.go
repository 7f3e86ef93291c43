package stages

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/internal/hubfolder"
	"github.com/pali3/pali3/internal/imagefile"
)

// notModel is the error for a path that is not the folder of a model. It wraps the error of opening
// the run's recipe.
type notModel struct {
	dir string
	err error
}

func (e notModel) Unwrap() error { return e.err }

// Error says what the path is, and which of its subfolders are runs.
func (e notModel) Error() string {
	const models = "a model is a run folder, a folder that transformers wrote, or hf:owner/name"
	info, err := os.Stat(e.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("opening a trained model: there is no folder %s; %s", e.dir, models)
	case err == nil && !info.IsDir():
		return fmt.Sprintf("opening a trained model: %s is a file, %s; %s", e.dir, imagefile.KindOfFile(e.dir), models)
	case !errors.Is(e.err, fs.ErrNotExist):
		return "opening a trained model: " + e.err.Error()
	}
	message := fmt.Sprintf("opening a trained model: %s has neither %s nor %s", e.dir, RecipeFile, hubfolder.ConfigFile)
	var runs []string
	entries, _ := os.ReadDir(e.dir)
	for _, entry := range entries {
		run := filepath.Join(e.dir, entry.Name())
		if exists(filepath.Join(run, RecipeFile)) && len(runs) < 10 {
			runs = append(runs, run)
		}
	}
	if len(runs) > 0 {
		return message + "; there are runs in it: " + strings.Join(runs, ", ")
	}
	return message + "; " + models
}
