package project

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/jsonerr"
)

// Summary holds the result of a project: for each split and metric the scores of the model and of
// its baselines.
type Summary struct {
	// Scores by split and metric.
	Scores map[string]map[string]evalsuite.Scores
	// Order of the splits.
	Order []string
	// Seconds of work, including interrupted runs.
	Seconds      float64
	PeakRSSBytes int64
	Seed         uint64
	Version      string
	// Try lists commands that use the models.
	Try []string
}

// facts holds the keys of summary.json other than the splits.
type facts struct {
	Seconds      float64  `json:"seconds"`
	PeakRSSBytes int64    `json:"peak_rss_bytes"`
	Seed         uint64   `json:"seed"`
	Version      string   `json:"version"`
	Splits       []string `json:"splits"`
	Try          []string `json:"try,omitempty"`
}

// Splits lists the splits in order.
func (s *Summary) Splits() []string { return s.Order }

// metricOrder is the order in which metrics are shown. Others follow, by name.
var metricOrder = []string{
	"caption_cider", "caption_exact", "caption_bleu4", "vqa_accuracy", "i2t_r1", "t2i_r1", "i2t_r5", "t2i_r5", "i2t_r10", "t2i_r10",
}

// Metrics lists the metrics of a split, except details, in order.
func (s *Summary) Metrics(split string) []string {
	names := slices.Sorted(maps.Keys(s.Scores[split]))
	for _, m := range evalsuite.BuiltinMetrics() {
		if at := slices.Index(names, m.Name); m.Detail && at >= 0 {
			names = slices.Delete(names, at, at+1)
		}
	}
	place := func(name string) int {
		if at := slices.Index(metricOrder, name); at >= 0 {
			return at
		}
		return len(metricOrder)
	}
	slices.SortStableFunc(names, func(a, b string) int { return place(a) - place(b) })
	return names
}

// MarshalJSON writes the scores of each split under its name, beside the other keys.
func (s *Summary) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{")
	for _, split := range s.Order {
		name, err := json.Marshal(split)
		if err != nil {
			return nil, err
		}
		scores, err := json.Marshal(s.Scores[split])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s:%s,", name, scores)
	}
	rest, err := json.Marshal(facts{s.Seconds, s.PeakRSSBytes, s.Seed, s.Version, s.Order, s.Try})
	if err != nil {
		return nil, err
	}
	b.Write(rest[1:])
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Summary) UnmarshalJSON(content []byte) error {
	var f facts
	if err := json.Unmarshal(content, &f); err != nil {
		return err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(content, &all); err != nil {
		return err
	}
	*s = Summary{map[string]map[string]evalsuite.Scores{}, f.Splits, f.Seconds, f.PeakRSSBytes, f.Seed, f.Version, f.Try}
	for _, split := range f.Splits {
		var scores map[string]evalsuite.Scores
		if err := json.Unmarshal(all[split], &scores); err != nil {
			return fmt.Errorf("split %s: %w", split, err)
		}
		s.Scores[split] = scores
	}
	return nil
}

// readSummary reads the summary of a finished run, or returns nil if there is none.
func readSummary(dir string) (*Summary, error) {
	path := filepath.Join(dir, SummaryFile)
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
