package mixture

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// Batch makes the batch of a step, or its shard's rows of it. It depends on the recipe, its seed
// and the step alone.
func (s *Stream) Batch(ctx context.Context, step int) (*Batch, error) {
	return s.HostBatch(ctx, step, s.options.ShardIndex, s.options.ShardCount)
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
	b := s.newBatch(0, shape)
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

// attempts is how many samples are tried for one example.
const attempts = 16

// fillAt fills a row of the batch with the example at a position of the stream: the mix says which
// task it belongs to, and how many examples of that task come before.
func (s *Stream) fillAt(b *Batch, row, position int) error {
	number, before, err := s.chooser.At(position)
	if err != nil {
		return err
	}
	return s.fill(b, row, s.tasks[number], before)
}

// fill fills a row of the batch with an example of a task, given the number of examples before it.
// A sample that cannot be used is replaced by another, always the same one.
func (s *Stream) fill(b *Batch, row int, t *task, before int) error {
	var last error
	for attempt := range attempts {
		d, err := t.draw(s.recipe.Seed, before, attempt)
		if err == nil {
			err = s.writeExample(b, row, t, &d)
		}
		if err == nil {
			return nil
		}
		if errors.Is(err, shards.ErrUnread) {
			return fmt.Errorf("task %s: %w", t.Name, err) // another attempt or machine may read it
		}
		s.skipped.add(t, &d, err)
		last = fmt.Errorf("%s row %d (%s): %w", t.source.dataset.Dir(), d.index, d.sample.Key, err)
	}
	return fmt.Errorf("task %s: %d samples in a row cannot be used, the last: %w", t.Name, attempts, last)
}

// drawn is a sample that was drawn for an example.
type drawn struct {
	task     *Task         // or the task in the language that was drawn
	language *languagePart // nil if languages are not balanced
	sample   shards.Sample
	index    int            // its row in the dataset
	rng      *random.Stream // of the example's own choices

	geometry map[int]augment.Geometry // of the sample's images, once they are made, where boxes may move
}

// draw draws the sample for an example of the task. The first attempt follows the order of the
// epoch, later ones take any sample.
func (t *task) draw(seed uint64, before, attempt int) (d drawn, err error) {
	d.task = t.Task
	if t.source.turns != nil {
		return t.drawLanguage(seed, before, attempt)
	}
	n := t.source.len()
	epoch, at := before/n, before%n
	key := random.Key(seed, random.Name(t.Name), uint64(epoch))
	if attempt > 0 {
		at = int(random.Key(key, uint64(before), uint64(attempt)) % uint64(n))
	}
	d.index = t.source.row(t.source.order.At(at, key))
	d.sample, err = t.source.view.Row(d.index)
	d.rng = random.New(key, random.Name(d.sample.Key))
	return d, err
}
