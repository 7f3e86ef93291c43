package quickstart

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// What the quickstart ends with.
const (
	summaryName = "summary.json"
	reportName  = "report.html"
)

// Splits are the held-out parts of the data: new pictures of families seen in training, and
// combinations of role, gender and skin tone that training never shows.
var Splits = []string{"held_out", "held_out_combinations"}

// Metrics that each split is scored by, in order.
var Metrics = []string{"caption_cider", "caption_exact", "vqa_accuracy", "i2t_r1", "t2i_r1"}

// Scores compares the trained model with its baselines.
type Scores struct {
	Model metrics.Score `json:"model"`
	// Untrained is the same network before training.
	Untrained metrics.Score `json:"untrained"`
	// Blind is the better of the trained model before a grey picture and the best constant answer to
	// each kind of question; for retrieval it is chance.
	Blind metrics.Score `json:"blind"`
}

// Summary is what the quickstart found: for each split and metric the scores.
type Summary struct {
	HeldOut             map[string]Scores `json:"held_out"`
	HeldOutCombinations map[string]Scores `json:"held_out_combinations"`
	Seconds             float64           `json:"seconds"` // of work, over all runs if it was interrupted
	PeakRSSBytes        int64             `json:"peak_rss_bytes"`
	Seed                uint64            `json:"seed"`
	Smoke               bool              `json:"smoke"`
	Version             string            `json:"version"`
}

// split returns the scores of a split.
func (s *Summary) split(name string) map[string]Scores {
	if name == Splits[0] {
		return s.HeldOut
	}
	return s.HeldOutCombinations
}

// conclude scores the models and writes the summary and the report.
func (r *runner) conclude(ctx context.Context) (*Summary, error) {
	data, err := shards.Open(r.path("data"))
	if err != nil {
		return nil, err
	}
	defer data.Close()
	if err := r.pictures(data); err != nil {
		return nil, err
	}
	s := &Summary{Seed: r.Seed, Smoke: r.Smoke, Version: r.Version}
	with, err := r.evaluators()
	if err != nil {
		return nil, err
	}
	var found []*result
	for _, split := range Splits {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		result, err := r.evaluate(ctx, data, split, with)
		if err != nil {
			return nil, err
		}
		found = append(found, result)
	}
	s.HeldOut, s.HeldOutCombinations = found[0].scores, found[1].scores
	if err := r.keepTime(); err != nil {
		return nil, err
	}
	s.Seconds, s.PeakRSSBytes = r.state.Seconds, r.state.PeakRSS
	if err := r.report(ctx, data, s, found); err != nil {
		return nil, err
	}
	return s, writeJSON(r.path(summaryName), s)
}

// readSummary reads the summary of a finished run; nil if there is none yet.
func readSummary(dir string) (*Summary, error) {
	path := filepath.Join(dir, summaryName)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &Summary{}
	if err := jsonerr.Explain(json.Unmarshal(content, s)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return s, nil
}

// evaluators opens each model that is scored.
func (r *runner) evaluators() (all []scored, err error) {
	for _, one := range []struct{ run, task string }{
		{"caption", evalsuite.CaptionTask}, {"vqa", evalsuite.VQATask}, {"siglip", evalsuite.RetrievalTask},
	} {
		trained, err := stages.Open(r.Backend, r.path(one.run), Models())
		if err != nil {
			return nil, err
		}
		all = append(all, scored{evalsuite.NewEvaluator(r.Backend, trained), one.task})
	}
	return all, nil
}
