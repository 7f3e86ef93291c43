package stages

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Evaluated is an evaluation during a training, a line of metrics.jsonl.
type Evaluated struct {
	// Step counts the steps taken before it.
	Step       int `json:"step"`
	Evaluation `json:"eval"`
	Time       time.Time `json:"time"`
}

// Evaluation holds the scores of a model on held-out samples.
type Evaluation struct {
	Split string `json:"split"`
	// Samples that were drawn of the split, at most.
	Samples int `json:"samples"`
	// Set names the samples: evaluations of equal sets can be compared with one another.
	Set string `json:"set"`
	// Scores by name: "loss", "loss/TASK" and those of metrics, such as "caption_cider".
	Scores map[string]Score `json:"scores"`
	// Best is the metric by which the run's weights were better at this step than at any before.
	// They were kept.
	Best string `json:"best,omitempty"`
}

// Score is a mean over N samples with its 95% interval.
type Score struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	N     int     `json:"n"`
}

// String is "loss 1.2345, caption_cider 0.432".
func (e Evaluation) String() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.Scores)) {
		format := "%s %.3f"
		if lowerIsBetter(name) {
			format = "%s %.4f"
		}
		parts = append(parts, fmt.Sprintf(format, name, e.Scores[name].Value))
	}
	return strings.Join(parts, ", ")
}

// lowerIsBetter says which way a score gets better.
func lowerIsBetter(name string) bool { return name == "loss" || strings.HasPrefix(name, "loss/") }

// ReadEvaluations reads the evaluations of a run folder, in the order of their steps.
func ReadEvaluations(dir string) ([]Evaluated, error) {
	var evaluations []Evaluated
	err := readLines(dir, func(l metricsLine) {
		if l.Eval != nil {
			evaluations = append(evaluations, l.evaluated())
		}
	})
	return evaluations, err
}

func encodeEvaluated(e Evaluated) (line, event []byte, err error) {
	if line, err = json.Marshal(e); err != nil {
		return nil, nil, fmt.Errorf("the evaluation after step %d: %w", e.Step, err)
	}
	var scalars []scalar
	for _, name := range slices.Sorted(maps.Keys(e.Scores)) {
		scalars = append(scalars, scalar{"eval/" + name, float32(e.Scores[name].Value)})
	}
	return append(line, '\n'), appendRecord(nil, scalarsEvent(e.Time, e.Step, scalars...)), nil
}
