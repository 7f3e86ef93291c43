package mixture

import (
	"fmt"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// attempts is how many samples are tried for one example.
const attempts = 16

// fillAt fills a row of the batch with the example at a position of the stream: the mix says which
// task it belongs to, and how many examples of that task come before.
func (s *Stream) fillAt(b *Batch, row, position int) error {
	number, before := s.mix.at(position)
	return s.fill(b, row, s.tasks[number], before)
}

// fill fills a row of the batch with an example of a task, given the number of examples before it.
// A sample that cannot be used is replaced by another, always the same one.
func (s *Stream) fill(b *Batch, row int, t *task, before int) error {
	var last error
	for attempt := range attempts {
		d, err := t.draw(s.recipe.Seed, before, attempt)
		if err != nil {
			return err // the dataset is damaged, not the sample
		}
		if err = s.writeExample(b, row, t, &d); err == nil {
			return nil
		}
		last = fmt.Errorf("%s row %d (%s): %w", t.source.dataset.Dir(), d.index, d.sample.Key, err)
		s.skip(t.Name, last)
	}
	return fmt.Errorf("task %s: %d samples in a row cannot be used, the last: %w", t.Name, attempts, last)
}

// drawn is a sample that was drawn for an example.
type drawn struct {
	sample shards.Sample
	index  int            // its row in the dataset
	rng    *random.Stream // of the example's own choices
}

// draw draws the sample for an example of the task. The first attempt follows the order of the
// epoch, later ones take any sample.
func (t *task) draw(seed uint64, before, attempt int) (d drawn, err error) {
	n := len(t.source.rows)
	epoch, at := before/n, before%n
	key := random.Key(seed, random.Name(t.Name), uint64(epoch))
	if attempt > 0 {
		at = int(random.Key(key, uint64(before), uint64(attempt)) % uint64(n))
	}
	d.index = t.source.rows[t.source.order.At(at, key)]
	d.sample, err = t.source.dataset.Row(d.index)
	d.rng = random.New(key, random.Name(d.sample.Key))
	return d, err
}

// skip notes a sample that cannot be used.
func (s *Stream) skip(task string, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped[task+": "+why.Error()] = why.Error()
}
