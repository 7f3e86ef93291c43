package mixture

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Material is what a [Kind] makes an example of. Equal material makes the same example.
type Material struct {
	// Task with its prompt filled in.
	Task *Task
	// Sample that was drawn.
	Sample *shards.Sample
	// Labels that the kind's function Labels found in all samples of the task.
	Labels Labels
	// Rng gives all that is random.
	Rng *random.Stream

	others    others
	room      room
	shotsDraw bool // further samples
}

// Fits reports whether a target fits into the recipe's lengths.decoder.
func (m *Material) Fits(target string) bool {
	return m.room.vocab == nil || len(m.room.vocab.Encode(target)) < m.room.decoder
}

// FitsPrompt reports whether a prompt fits into the recipe's lengths.encoder.
func (m *Material) FitsPrompt(prompt string) bool {
	return m.room.vocab == nil || len(m.room.vocab.Encode(prompt))+m.room.vocab.FrameSize() <= m.room.encoder
}

// room is what texts must fit into.
type room struct {
	vocab            *tokenize.Vocabulary // nil for no limit
	encoder, decoder int
}

// ErrNoOther is the error for an example that needs another sample where the task has none.
var ErrNoOther = errors.New("the task has no other sample")

// mostOthers bounds the samples that one example, or a shot of it, may read beside its own.
const mostOthers = 256

// otherTries is how often one call of Other draws.
const otherTries = 16

// others draws further samples of a task.
type others struct {
	rows int
	read func(at int) (s shards.Sample, index int, err error)
	// taken are the rows of the dataset that the example has, its own first.
	taken []int
	drawn int
}

// Other draws another sample of the task, usable as the first, that the example does not have yet.
// It returns [ErrNoOther] if a few draws find none, and an error after 256 draws for one example.
func (m *Material) Other() (*shards.Sample, error) {
	s, _, err := m.other()
	return s, err
}

// other also returns the sample's row in its dataset.
func (m *Material) other() (*shards.Sample, int, error) {
	o := &m.others
	if o.rows <= len(o.taken) {
		return nil, 0, ErrNoOther
	}
	for range otherTries {
		if o.drawn++; o.drawn > mostOthers {
			return nil, 0, fmt.Errorf("task %s draws more than %d samples for one example", m.Task.Name, mostOthers)
		}
		s, index, err := o.read(m.Rng.IntN(o.rows))
		if err != nil {
			return nil, 0, err
		}
		if !slices.Contains(o.taken, index) {
			o.taken = append(o.taken, index)
			return &s, index, nil
		}
	}
	return nil, 0, ErrNoOther
}
