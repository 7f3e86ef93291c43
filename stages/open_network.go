package stages

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/hubfolder"
)

// OpenNetwork reads the model of a run folder, or of a published model, without its weights.
func OpenNetwork(dir string, registry *Registry) (Network, error) {
	dir, err := registry.folder(dir)
	if err != nil {
		return Network{}, err
	}
	if !exists(filepath.Join(dir, RecipeFile)) && hubfolder.Is(dir) {
		return openPublishedNetwork(dir, registry)
	}
	path := filepath.Join(dir, ModelFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return Network{}, fmt.Errorf("reading a model: %w", err)
	}
	n, err := readNetwork(content, registry.families())
	if err != nil {
		return Network{}, fmt.Errorf("reading %s: %w", path, err)
	}
	return n, nil
}
