package mixture

import (
	"context"
	"fmt"
)

// noSample is the error of a task that can use no sample of its dataset.
type noSample struct{ error }

// HeldOut returns the recipe with its tasks on another split, with the image ops of scoring and
// every random choice drawn as in training. Data, if not empty, is the dataset of all its tasks.
func (r Recipe) HeldOut(data, split string) Recipe {
	tasks := make([]Task, len(r.Tasks))
	for i, t := range r.Tasks {
		t.Split = split
		if data != "" {
			t.Data = ""
		}
		tasks[i] = t
	}
	r.Tasks = tasks
	if data != "" {
		r.Data = data
	}
	if r.Images.EvalOps != "" {
		r.Images.Ops = r.Images.EvalOps
	}
	return r
}

// TaskBatch makes a batch of one task's examples first to first+rows-1, in the task's own order.
// From the number of its samples on (see [Stream.Examples]) they come again, drawn otherwise.
func (s *Stream) TaskBatch(ctx context.Context, task, first, rows int) (*Batch, error) {
	if task < 0 || task >= len(s.sources) || s.sources[task] == nil || first < 0 || rows < 1 {
		return nil, fmt.Errorf("examples %d to %d of task number %d: there are none", first, first+rows-1, task)
	}
	shape := s.shape
	shape.Rows = rows
	b := NewBatch(0, shape, !s.options.NoPixels)
	return b, s.eachRow(ctx, b, func(row int) error { return s.fillTask(b, row, task, first+row) })
}

// Weights returns the weight of each task in the mixture, 0 for one without samples.
func (s *Stream) Weights() []float64 { return s.weights }
