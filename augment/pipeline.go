package augment

import (
	"fmt"

	"github.com/pali3/pali3/random"
)

// Pipeline is a parsed string of ops. It never changes, so any number of goroutines may use it.
type Pipeline struct {
	text          string
	steps         []step
	height, width int
	sequence      Sequence
	ownLength     bool // sequence.Length replaces that of the op
	random        bool
	limits        Limits
}

// step is one op with its arguments.
type step struct {
	text string
	run  func(*Pixels, *random.Stream) error
}

// String returns the pipeline as it was written.
func (p *Pipeline) String() string { return p.text }

// Random reports whether an op draws from the stream. Otherwise the tensor depends on the bytes
// alone, and the output of a frozen encoder can be cached.
func (p *Pipeline) Random() bool { return p.random }

// Size returns height and width of every tensor of the pipeline, or zeros if they depend on the
// image: see [Pipeline.Sequence].
func (p *Pipeline) Size() (height, width int) { return p.height, p.width }

// WithLimits returns the pipeline with other limits on its input.
func (p *Pipeline) WithLimits(l Limits) *Pipeline {
	q := *p
	q.limits = l
	return &q
}

// Apply runs the ops on an encoded image. All randomness comes from rng, which may be nil if the
// pipeline is not [Pipeline.Random]. Errors of bad images are those of [Decode].
func (p *Pipeline) Apply(encoded []byte, rng *random.Stream) (Tensor, error) {
	if p.random && rng == nil {
		return Tensor{}, fmt.Errorf("applying %q: random ops, but no random stream", p.text)
	}
	state := Pixels{encoded: encoded, limits: p.limits}
	if p.ownLength {
		state.sequenceLength = p.sequence.Length
	}
	for _, s := range p.steps {
		if err := s.run(&state, rng); err != nil {
			return Tensor{}, fmt.Errorf("%s: %w", s.text, err)
		}
	}
	return *state.Tensor(), nil
}
