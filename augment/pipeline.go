package augment

import (
	"fmt"
	"strings"

	"github.com/pali3/pali3/random"
)

// Pipeline is a parsed string of ops. It never changes, so any number of goroutines may use it.
type Pipeline struct {
	text          string
	steps         []step
	height, width int
	random        bool
	limits        Limits
}

// step is one op with its arguments.
type step struct {
	text string
	run  func(*subject, *random.Stream) error
}

// subject is what the ops work on: bytes before decode, then 8-bit pixels, and floats from the
// first op that needs them. One of the three is set.
type subject struct {
	encoded []byte
	limits  Limits
	image   *Image
	tensor  *Tensor
}

// String returns the pipeline as it was written.
func (p *Pipeline) String() string { return p.text }

// Random says whether some op draws from the stream. If none does, the tensor is a function of the
// bytes alone, and what a frozen encoder makes of it can be cached.
func (p *Pipeline) Random() bool { return p.random }

// Size returns height and width of every tensor of the pipeline, or zeros if they depend on the
// picture.
func (p *Pipeline) Size() (height, width int) { return p.height, p.width }

// WithLimits returns the pipeline with other limits on its input.
func (p *Pipeline) WithLimits(l Limits) *Pipeline {
	q := *p
	q.limits = l
	return &q
}

// Apply runs the ops on an encoded picture. All randomness comes from rng, which may be nil if the
// pipeline is not [Pipeline.Random]. Errors of bad pictures are those of [Decode].
func (p *Pipeline) Apply(encoded []byte, rng *random.Stream) (Tensor, error) {
	if p.random && rng == nil {
		return Tensor{}, fmt.Errorf("applying %q: random ops, but no random stream", p.text)
	}
	state := subject{encoded: encoded, limits: p.limits}
	for _, s := range p.steps {
		if err := s.run(&state, rng); err != nil {
			return Tensor{}, fmt.Errorf("%s: %w", s.text, err)
		}
	}
	return *state.float(), nil
}

// float turns the picture's pixels into floats, if they are not yet.
func (p *subject) float() *Tensor {
	if p.tensor == nil {
		t := p.image.Float()
		p.tensor, p.image = &t, nil
	}
	return p.tensor
}

func (p *subject) size() (height, width int) {
	if p.tensor != nil {
		return p.tensor.Height, p.tensor.Width
	}
	return p.image.Height, p.image.Width
}

func (p *subject) resize(height, width int, filter Filter, antialias bool) {
	var t Tensor
	if p.tensor != nil {
		t = p.tensor.Resize(height, width, filter, antialias)
	} else {
		t = p.image.Resize(height, width, filter, antialias)
	}
	p.tensor, p.image = &t, nil
}

func (p *subject) crop(r region) {
	if p.tensor != nil {
		p.tensor = &Tensor{r.height, r.width, cut(p.tensor.Pix, p.tensor.Width, r)}
	} else {
		p.image = &Image{r.height, r.width, cut(p.image.Pix, p.image.Width, r)}
	}
}

func (p *subject) mirror() {
	if p.tensor != nil {
		mirror(p.tensor.Pix, p.tensor.Width)
	} else {
		mirror(p.image.Pix, p.image.Width)
	}
}

// Ops lists the ops as they are written, one a line, with what they do.
func Ops() string {
	var b strings.Builder
	for _, o := range ops {
		fmt.Fprintf(&b, "%-52s %s\n", o.usage, o.does)
	}
	return b.String()
}
