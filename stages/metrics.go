package stages

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// Metric is the line of metrics.jsonl for a step.
type Metric struct {
	// Step counts the steps taken, this one included.
	Step int `json:"step"`
	// Loss of the step's batch, before the step.
	Loss float32 `json:"loss"`
	// LearningRate of the step, without the weights' multipliers.
	LearningRate float64 `json:"learning_rate"`
	// GradientNorm is the norm of all gradients together, before they are clipped.
	GradientNorm      float32 `json:"gradient_norm"`
	ExamplesPerSecond float64 `json:"examples_per_second"`
	// Examples of the batch, and their Tokens: the ids of prompts and targets that are not padding.
	Examples int `json:"examples,omitempty"`
	Tokens   int `json:"tokens,omitempty"`
	// Tasks is the loss of each task's examples in the batch. A task without an example is absent;
	// a run of one task has no losses by task.
	Tasks map[string]float32 `json:"tasks,omitempty"`
	Time  time.Time          `json:"time"`
}

// TokensPerSecond returns how many of the step's tokens a second took, 0 for a line from before
// tokens were counted.
func (m Metric) TokensPerSecond() float64 {
	return float64(m.Tokens) / float64(max(m.Examples, 1)) * m.ExamplesPerSecond
}

const (
	// MetricsFile holds a [Metric] or an [Evaluated] per line.
	MetricsFile = "metrics.jsonl"
	eventsFile  = "events.out.tfevents.pali3"
)

// metricsLine is either kind of line of metrics.jsonl.
type metricsLine struct {
	Metric
	Eval *Evaluation `json:"eval"`
}

// evaluated returns the line of an evaluation.
func (l metricsLine) evaluated() Evaluated {
	return Evaluated{Step: l.Step, Evaluation: *l.Eval, Time: l.Time}
}

// ReadMetrics reads the metrics of a run folder's steps, without its evaluations. It ignores a last
// line without an end, which a killed run may leave.
func ReadMetrics(dir string) ([]Metric, error) {
	steps, _, err := readMetrics(dir)
	return steps, err
}

// ReadEvaluations reads the evaluations of a run folder, in the order of their steps.
func ReadEvaluations(dir string) ([]Evaluated, error) {
	_, evaluations, err := readMetrics(dir)
	return evaluations, err
}

func readMetrics(dir string) (steps []Metric, evaluations []Evaluated, err error) {
	err = readLines(dir, func(l metricsLine) {
		if l.Eval == nil {
			steps = append(steps, l.Metric)
		} else {
			evaluations = append(evaluations, l.evaluated())
		}
	})
	return steps, evaluations, err
}

// readLines calls each with the whole lines of metrics.jsonl, in order.
func readLines(dir string, each func(metricsLine)) error {
	path := filepath.Join(dir, MetricsFile)
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading metrics: %w", err)
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		var l metricsLine
		if err := jsonerr.Explain(json.Unmarshal(line, &l)); err != nil {
			return fmt.Errorf("reading %s line %d: %w", path, number, err)
		}
		each(l)
	}
}

// metricsWriter appends to metrics.jsonl and to the TensorBoard file beside it.
type metricsWriter struct {
	lines, events *os.File
	closed        bool
}

// openMetrics opens both files of a run that has taken done steps, and returns its evaluations. It
// drops what the files hold of later steps, since those will be taken again.
func openMetrics(dir string, done int) (*metricsWriter, []Evaluated, error) {
	var lines bytes.Buffer
	var evaluations []Evaluated
	var failed error
	events := versionRecord(time.Now())
	err := readLines(dir, func(l metricsLine) {
		if l.Step > done || failed != nil {
			return
		}
		var line, event []byte
		if l.Eval == nil {
			line, event, failed = encodeMetric(l.Metric)
		} else {
			evaluations = append(evaluations, l.evaluated())
			line, event, failed = encodeEvaluated(l.evaluated())
		}
		lines.Write(line)
		events = append(events, event...)
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err = errors.Join(err, failed); err != nil {
		return nil, nil, err
	}
	w := &metricsWriter{}
	if w.lines, err = rewrite(filepath.Join(dir, MetricsFile), lines.Bytes()); err != nil {
		return nil, nil, err
	}
	w.events, err = rewrite(filepath.Join(dir, eventsFile), events)
	return w, evaluations, err
}

// rewrite replaces a file's content and opens it for appending.
func rewrite(path string, content []byte) (*os.File, error) {
	if err := atomicfile.WriteBytes(path, content); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
}

func encodeMetric(m Metric) (line, event []byte, err error) {
	if line, err = json.Marshal(m); err != nil {
		return nil, nil, fmt.Errorf("the metrics of step %d: %w", m.Step, err)
	}
	scalars := []scalar{
		{"loss", m.Loss},
		{"learning_rate", float32(m.LearningRate)},
		{"gradient_norm", m.GradientNorm},
		{"examples_per_second", float32(m.ExamplesPerSecond)},
	}
	if m.Tokens > 0 {
		scalars = append(scalars, scalar{"tokens_per_second", float32(m.TokensPerSecond())})
	}
	for _, task := range slices.Sorted(maps.Keys(m.Tasks)) {
		scalars = append(scalars, scalar{"loss/" + task, m.Tasks[task]})
	}
	return append(line, '\n'), scalarsRecord(m.Time, m.Step, scalars...), nil
}

func encodeEvaluated(e Evaluated) (line, event []byte, err error) {
	if line, err = json.Marshal(e); err != nil {
		return nil, nil, fmt.Errorf("the evaluation after step %d: %w", e.Step, err)
	}
	var scalars []scalar
	for _, name := range slices.Sorted(maps.Keys(e.Scores)) {
		scalars = append(scalars, scalar{"eval/" + name, float32(e.Scores[name].Value)})
	}
	return append(line, '\n'), scalarsRecord(e.Time, e.Step, scalars...), nil
}

func (w *metricsWriter) add(m Metric) error {
	line, event, err := encodeMetric(m)
	if err != nil {
		return err
	}
	return w.write(line, event)
}

// addEvaluated appends an evaluation and syncs it to disk, so that it is never repeated.
func (w *metricsWriter) addEvaluated(e Evaluated) error {
	line, event, err := encodeEvaluated(e)
	if err != nil {
		return err
	}
	return errors.Join(w.write(line, event), w.sync())
}

func (w *metricsWriter) write(line, event []byte) error {
	if _, err := w.lines.Write(line); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	if _, err := w.events.Write(event); err != nil {
		return fmt.Errorf("writing TensorBoard events: %w", err)
	}
	return nil
}

// sync writes the metrics to disk, as the checkpoint that follows does with the weights.
func (w *metricsWriter) sync() error { return errors.Join(w.lines.Sync(), w.events.Sync()) }

func (w *metricsWriter) close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	return errors.Join(w.lines.Close(), w.events.Close())
}
