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

// Best tells which step a run's weights are from, if the recipe's eval names a best score.
type Best struct {
	Metric string `json:"metric"`
	// Step after which the weights were evaluated, and their score.
	Step  int   `json:"step"`
	Score Score `json:"score"`
}

const (
	// BestFile holds a Best as JSON, beside the weights.
	BestFile = "best.json"

	bestPrefix, bestSuffix = "best-", ".safetensors"
)

// openBest prepares a resumed run: it removes kept weights of steps that will be taken again, and
// forgets that an evaluation was the best if its weights are gone.
func (r *run) openBest() error {
	if err := r.Folder.removeBest(func(step int) bool { return step > r.done }); err != nil {
		return err
	}
	for i := range r.evaluations {
		e := &r.evaluations[i]
		if _, err := os.Stat(r.Folder.bestWeights(e.Step)); errors.Is(err, os.ErrNotExist) {
			e.Best = ""
		}
	}
	return nil
}

// keepIfBest keeps the weights if their evaluation scores better than all before, and reports
// whether it does. Weights of earlier steps stay until a checkpoint of a later step makes sure that
// no resumed run returns to them.
func (r *run) keepIfBest(e Evaluated) (bool, error) {
	metric := r.Evaluating.Best
	score, ok := e.Scores[metric]
	if metric == "" || !ok {
		return false, nil
	}
	if before := r.best(r.done); before != nil && !better(metric, score, before.Scores[metric]) {
		return false, nil
	}
	err := r.Weights.Save(r.Folder.bestWeights(r.done), map[string]string{"step": fmt.Sprint(r.done)})
	if err != nil {
		return false, fmt.Errorf("keeping the weights of step %d: %w", r.done, err)
	}
	return true, nil
}

// better reports whether a score is better than another of the same metric.
func better(metric string, a, b Score) bool {
	if lowerIsBetter(metric) {
		return a.Value < b.Value
	}
	return a.Value > b.Value
}

// lowerIsBetter reports whether a lower score is a better one.
func lowerIsBetter(metric string) bool {
	return metric == lossMetric || strings.HasPrefix(metric, lossMetric+"/")
}

// best returns the best evaluation up to a step: the last that was better than all before it. It
// ignores evaluations on other samples and those whose weights were not kept.
func (r *run) best(until int) *Evaluated {
	e := r.Evaluating
	if e == nil || e.Best == "" {
		return nil
	}
	for i := len(r.evaluations) - 1; i >= 0; i-- {
		if found := &r.evaluations[i]; found.Step <= until && found.Best == e.Best && found.Set == e.Set {
			return found
		}
	}
	return nil
}

// outOfPatience reports whether too many evaluations came after the best.
func (r *run) outOfPatience() bool {
	best := r.best(r.done)
	if best == nil || r.Evaluating.Patience == 0 {
		return false
	}
	after := 0
	for _, e := range r.evaluations {
		if e.Step > best.Step && e.Set == best.Set {
			after++
		}
	}
	return after >= r.Evaluating.Patience
}

// dropWorse removes kept weights that a run resumed from the oldest checkpoint, or a later one, can
// no longer end with.
func (r *run) dropWorse(oldest int) error {
	best := r.best(oldest)
	if best == nil {
		return nil
	}
	return r.Folder.removeBest(func(step int) bool { return step < best.Step })
}

// bestWeights is the file of the weights that were the best after a step.
func (f *Folder) bestWeights(step int) string {
	return filepath.Join(f.Dir, checkpointsFolder, fmt.Sprint(bestPrefix, step, bestSuffix))
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

// writeBest returns the weights that the run ends with: those of the best step if there is one,
// else set. It writes or removes the file that tells which.
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
