package mixture

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// SeenFile is the name under which a run folder keeps what its training saw.
const SeenFile = "seen.json"

// Seen is what a recipe's tasks are trained on. It lets a report tell which tasks and languages a
// model was never trained on.
type Seen struct {
	Tasks []SeenTask `json:"tasks"`
}

// SeenTask is a task that has a weight.
type SeenTask struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Samples int    `json:"samples"` // that it can use
	// Languages are the texts, or the questions of tasks that ask, that it can use, by language; ""
	// is not known.
	Languages map[string]int `json:"languages"`
}

// Seen returns what the tasks of the stream are trained on.
func (s *Stream) Seen() Seen {
	seen := Seen{Tasks: []SeenTask{}}
	for _, t := range s.tasks {
		if t.source != nil {
			seen.Tasks = append(seen.Tasks, SeenTask{t.Name, t.Kind, t.source.len(), t.source.languages})
		}
	}
	return seen
}

// Write writes s into a run folder.
func (s Seen) Write(dir string) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, SeenFile), append(content, '\n'))
}

// ReadSeen reads what the training of a run folder saw. For a folder from before there was such a
// file, the error wraps fs.ErrNotExist.
func ReadSeen(dir string) (Seen, error) {
	var seen Seen
	path := filepath.Join(dir, SeenFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return seen, fmt.Errorf("what the run was trained on: %w", err)
	}
	if err := jsonerr.Explain(json.Unmarshal(content, &seen)); err != nil {
		return seen, fmt.Errorf("reading %s: %w", path, err)
	}
	return seen, nil
}

// Hosts returns the number of hosts that divide the batches: see [Options].
func (s *Stream) Hosts() int { return s.options.ShardCount }

// Weights returns the weight of each task in the mixture, 0 for one without samples.
func (s *Stream) Weights() []float64 { return s.weights }

// Examples returns, for each task, the number of samples that it can use.
func (s *Stream) Examples() []int {
	n := make([]int, len(s.tasks))
	for i, t := range s.tasks {
		if t.source != nil {
			n[i] = t.source.len()
		}
	}
	return n
}

// Truncated returns the share of the examples made so far that were truncated to the recipe's
// lengths.
func (s *Stream) Truncated() float64 {
	return float64(s.truncated.Load()) / float64(max(1, s.made.Load()))
}
