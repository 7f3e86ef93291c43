package stages

import (
	"fmt"
	"os"
	"path/filepath"
)

// OpenNetwork reads the model of a run folder without its weights.
func OpenNetwork(dir string, registry *Registry) (Network, error) {
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
