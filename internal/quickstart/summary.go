package quickstart

import (
	"encoding/json"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/atomicfile"
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

func (s *Summary) write(dir string) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "summary.json"), append(content, '\n'))
}
