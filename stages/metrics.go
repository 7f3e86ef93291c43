package stages

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/jsonerr"
)

// Metric is a line of metrics.jsonl.
type Metric struct {
	// Step counts the steps taken, this one included.
	Step int `json:"step"`
	// Loss of the step's batch, before the step.
	Loss float32 `json:"loss"`
	// LearningRate that the step was taken with, weights' multipliers aside.
	LearningRate float64 `json:"learning_rate"`
	// GradientNorm is the norm of all gradients together, before clipping.
	GradientNorm      float32   `json:"gradient_norm"`
	ExamplesPerSecond float64   `json:"examples_per_second"`
	Time              time.Time `json:"time"`
}

const (
	// MetricsFile holds a Metric a line.
	MetricsFile = "metrics.jsonl"
	eventsFile  = "events.out.tfevents.pali3"
)

// ReadMetrics reads the metrics of a run folder. A last line without an end, which a killed run may
// leave, does not count.
func ReadMetrics(dir string) ([]Metric, error) {
	path := filepath.Join(dir, MetricsFile)
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading metrics: %w", err)
	}
	defer file.Close()
	var metrics []Metric
	lines := bufio.NewReader(file)
	for number := 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return metrics, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		var m Metric
		if err := jsonerr.Explain(json.Unmarshal(line, &m)); err != nil {
			return nil, fmt.Errorf("reading %s line %d: %w", path, number, err)
		}
		metrics = append(metrics, m)
	}
}

// metricsWriter appends to metrics.jsonl and to the TensorBoard events beside it.
type metricsWriter struct {
	lines, events *os.File
	closed        bool
}

// openMetrics opens both files of a run of which so many steps are done; what they hold of later ones
// is dropped, since those steps will be taken again.
func openMetrics(dir string, done int) (*metricsWriter, error) {
	kept, err := ReadMetrics(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var lines bytes.Buffer
	events := appendRecord(nil, versionEvent(time.Now()))
	for _, m := range kept {
		if m.Step <= done {
			line, event, err := encodeMetric(m)
			if err != nil {
				return nil, err
			}
			lines.Write(line)
			events = append(events, event...)
		}
	}
	w := &metricsWriter{}
	if w.lines, err = rewrite(filepath.Join(dir, MetricsFile), lines.Bytes()); err != nil {
		return nil, err
	}
	w.events, err = rewrite(filepath.Join(dir, eventsFile), events)
	return w, err
}

// rewrite replaces a file's content and opens it for more.
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
	event = appendRecord(nil, scalarsEvent(m.Time, m.Step,
		scalar{"loss", m.Loss},
		scalar{"learning_rate", float32(m.LearningRate)},
		scalar{"gradient_norm", m.GradientNorm},
		scalar{"examples_per_second", float32(m.ExamplesPerSecond)},
	))
	return append(line, '\n'), event, nil
}

func (w *metricsWriter) add(m Metric) error {
	line, event, err := encodeMetric(m)
	if err != nil {
		return err
	}
	if _, err := w.lines.Write(line); err != nil {
		return fmt.Errorf("writing metrics: %w", err)
	}
	if _, err := w.events.Write(event); err != nil {
		return fmt.Errorf("writing TensorBoard events: %w", err)
	}
	return nil
}

// sync makes sure that the metrics up to here outlive the machine, as a checkpoint after it does.
func (w *metricsWriter) sync() error { return errors.Join(w.lines.Sync(), w.events.Sync()) }

func (w *metricsWriter) close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	return errors.Join(w.lines.Close(), w.events.Close())
}
