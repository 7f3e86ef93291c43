package mixture

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Stream is the training data of a recipe. Safe for concurrent use.
type Stream struct {
	recipe   Recipe
	options  Options
	shape    Shape
	mix      *mix
	tasks    []*task
	weights  []float64
	vocab    *tokenize.Vocabulary
	pipeline *augment.Pipeline
	pixels   *pixelCache
	datasets map[string]*scannedDataset // by folder

	mu              sync.Mutex
	skipped         map[string]string // task and origin of a sample that could not be used -> why
	made, truncated atomic.Int64      // examples, and those that were truncated
}

// task is a task of the recipe with what it needs to make examples.
type task struct {
	*Task
	number  int // in the recipe
	kind    Kind
	denoise denoiseTask
	source  *source // nil if the task makes no examples
}

// Batch makes the batch of a step. It depends on the recipe, its seed and the step alone.
func (s *Stream) Batch(ctx context.Context, step int) (*Batch, error) {
	if step < 0 {
		return nil, fmt.Errorf("batch of step %d", step)
	}
	b := NewBatch(step, s.shapeAt(step), !s.options.NoPixels)
	first := step*s.recipe.Batch + s.options.ShardIndex*s.shape.Rows
	return b, s.eachRow(ctx, b, func(row int) error {
		if err := s.fillAt(b, row, first+row); err != nil {
			return fmt.Errorf("step %d row %d: %w", step, row, err)
		}
		return nil
	})
}

// TaskBatch makes a batch of one task's examples first to first+rows-1, in the task's own order.
// Examples beyond the number of its samples (see [Stream.Examples]) use the samples again, with
// other random choices.
func (s *Stream) TaskBatch(ctx context.Context, task, first, rows int) (*Batch, error) {
	if task < 0 || task >= len(s.tasks) || s.tasks[task].source == nil || first < 0 || rows < 1 {
		return nil, fmt.Errorf("task number %d has no examples %d to %d", task, first, first+rows-1)
	}
	shape := s.shape
	shape.Rows = rows
	b := NewBatch(0, shape, !s.options.NoPixels)
	return b, s.eachRow(ctx, b, func(row int) error { return s.fill(b, row, s.tasks[task], first+row) })
}

// eachRow has the workers fill the rows of a batch.
func (s *Stream) eachRow(ctx context.Context, b *Batch, fill func(row int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for w := range s.options.Workers {
		group.Go(func() error {
			for row := w; row < b.Shape.Rows; row += s.options.Workers {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := fill(row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// Shape returns the shape of every batch. If sequence lengths are drawn, its length is the longest.
func (s *Stream) Shape() Shape { return s.shape }

// Recipe returns the recipe with its defaults filled in.
func (s *Stream) Recipe() Recipe { return s.recipe }

// Vocabulary returns the vocabulary of all ids.
func (s *Stream) Vocabulary() *tokenize.Vocabulary { return s.vocab }

// Pipeline returns the image ops, nil if no task has images.
func (s *Stream) Pipeline() *augment.Pipeline { return s.pipeline }

// Dataset returns an open dataset by the folder that [Batch.Origins] names.
func (s *Stream) Dataset(dir string) *shards.Dataset {
	if d := s.datasets[dir]; d != nil {
		return d.Dataset
	}
	return nil
}

// Weights returns the weight of each task in the mixture, 0 for one without samples.
func (s *Stream) Weights() []float64 { return s.weights }

// Examples returns, for each task, the number of samples that it can use.
func (s *Stream) Examples() []int {
	n := make([]int, len(s.tasks))
	for i, t := range s.tasks {
		if t.source != nil {
			n[i] = len(t.source.rows)
		}
	}
	return n
}

// Skipped returns the samples that could not be used so far, with the reason. Each was replaced by
// another sample.
func (s *Stream) Skipped() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.skipped)
}

// Truncated returns the share of the examples made so far that were truncated to the recipe's
// lengths.
func (s *Stream) Truncated() float64 {
	return float64(s.truncated.Load()) / float64(max(1, s.made.Load()))
}
