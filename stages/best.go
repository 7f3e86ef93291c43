package stages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/models/weights"
)

// Best tells which step a run's weights are of, where the recipe's eval names a best score.
type Best struct {
	Metric string `json:"metric"`
	// Step after which the weights were evaluated, and what they scored.
	Step  int   `json:"step"`
	Score Score `json:"score"`
}

const (
	// BestFile holds a Best as JSON, beside the weights that it tells of.
	BestFile = "best.json"

	bestPrefix, bestSuffix = "best-", ".safetensors"
)

// bestWeights is the file of the weights that were the best after a step.
func (f *Folder) bestWeights(step int) string {
	return filepath.Join(f.Dir, checkpointsFolder, fmt.Sprint(bestPrefix, step, bestSuffix))
}

// checkpointSteps returns the steps of the checkpoints, newest first.
func (f *Folder) checkpointSteps() ([]int, error) {
	return listCheckpoints(filepath.Join(f.Dir, checkpointsFolder))
}

// removeBest removes the kept weights of some steps.
func (f *Folder) removeBest(which func(step int) bool) error {
	entries, err := os.ReadDir(filepath.Join(f.Dir, checkpointsFolder))
	if err != nil {
		return fmt.Errorf("listing kept weights: %w", err)
	}
	for _, entry := range entries {
		number, ok := strings.CutPrefix(strings.TrimSuffix(entry.Name(), bestSuffix), bestPrefix)
		step, bad := strconv.Atoi(number)
		if ok && bad == nil && which(step) {
			err = errors.Join(err, os.Remove(f.bestWeights(step)))
		}
	}
	return err
}

// writeBest makes the weights of the best step, if there is one, those that the run ends with.
func (f *Folder) writeBest(set *weights.Set, best *Best) (*weights.Set, error) {
	path := filepath.Join(f.Dir, BestFile)
	if best == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return set, f.removeBest(func(int) bool { return true })
	}
	kept, err := weights.Load(f.bestWeights(best.Step), set.Specs())
	if err != nil {
		return nil, fmt.Errorf("the best weights, of step %d: %w", best.Step, err)
	}
	content, err := json.MarshalIndent(best, "", "  ")
	if err != nil {
		return nil, err
	}
	return kept, atomicfile.WriteBytes(path, append(content, '\n'))
}
