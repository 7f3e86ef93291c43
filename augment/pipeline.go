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
	fixed         int    // ops before the first random one
	drafts        bool   // decode asks for draft
	draft         [2]int // height and width that the op behind decode leaves
	limits        Limits
	boxes         [][4]float64 // for draw_bbox
	values        valueMap
}

// step is one op with its arguments.
type step struct {
	text  string
	run   func(*Pixels, *random.Stream) error
	moves Movement

	drawsBoxes bool
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
	t, _, err := p.ApplyWithGeometry(encoded, rng)
	return t, err
}

// ApplyWithGeometry is [Pipeline.Apply] that also returns where the ops put each part of the image,
// by which boxes are moved.
func (p *Pipeline) ApplyWithGeometry(encoded []byte, rng *random.Stream) (Tensor, Geometry, error) {
	pixels, err := p.start(encoded, nil)
	if err != nil {
		return Tensor{}, Geometry{}, err
	}
	return p.finish(pixels, rng)
}

// ApplyTo is [Pipeline.ApplyWithGeometry] that makes the tensor in dst, which must have its number
// of values: see [Pipeline.Size]. After an error, dst is all zeros.
func (p *Pipeline) ApplyTo(dst []float32, encoded []byte, rng *random.Stream) (Geometry, error) {
	pixels, err := p.start(encoded, dst)
	if err != nil {
		clear(dst)
		return Geometry{}, err
	}
	return p.finishTo(dst, pixels, rng)
}

// Prepare runs the ops before the first random one, such as decode and resize. What it returns
// depends on the bytes alone, so it can be kept for every later visit of the image: see
// [Pipeline.Finish].
func (p *Pipeline) Prepare(encoded []byte) (*Pixels, error) {
	pixels, err := p.start(encoded, nil)
	if err == nil {
		pixels.convert()
	}
	return pixels, err
}

// start runs the ops before the first random one. Room is nil or has the values of the tensor.
func (p *Pipeline) start(encoded []byte, room []float32) (*Pixels, error) {
	pixels := &Pixels{encoded: encoded, limits: p.limits, boxes: p.boxes, draft: p.draft, room: room}
	if p.ownLength {
		pixels.sequenceLength = p.sequence.Length
	}
	return pixels, run(p.steps[:p.fixed], pixels, nil)
}

// Finish runs the other ops on prepared pixels and leaves those as they are. Prepare and Finish
// together are [Pipeline.Apply].
func (p *Pipeline) Finish(prepared *Pixels, rng *random.Stream) (Tensor, error) {
	t, _, err := p.FinishWithGeometry(prepared, rng)
	return t, err
}

// FinishWithGeometry is [Pipeline.Finish] that also returns the geometry of all ops, those of
// Prepare included.
func (p *Pipeline) FinishWithGeometry(prepared *Pixels, rng *random.Stream) (Tensor, Geometry, error) {
	pixels := prepared.clone()
	pixels.boxes = p.boxes
	return p.finish(pixels, rng)
}

// FinishTo is [Pipeline.FinishWithGeometry] that makes the tensor in dst, as [Pipeline.ApplyTo]
// does.
func (p *Pipeline) FinishTo(dst []float32, prepared *Pixels, rng *random.Stream) (Geometry, error) {
	pixels := prepared.clone()
	pixels.boxes, pixels.room = p.boxes, dst
	return p.finishTo(dst, pixels, rng)
}

func (p *Pipeline) finishTo(dst []float32, pixels *Pixels, rng *random.Stream) (Geometry, error) {
	t, geometry, err := p.finish(pixels, rng)
	if err == nil && len(t.Pix) != len(dst) {
		err = fmt.Errorf("applying %q: the tensor has %d values, and there is room for %d", p.text, len(t.Pix), len(dst))
	}
	switch {
	case err != nil:
		clear(dst)
		return Geometry{}, err
	case len(dst) > 0 && &t.Pix[0] != &dst[0]: // an op made its own
		copy(dst, t.Pix)
	}
	return geometry, nil
}

func (p *Pipeline) finish(pixels *Pixels, rng *random.Stream) (Tensor, Geometry, error) {
	if p.random && rng == nil {
		return Tensor{}, Geometry{}, fmt.Errorf("applying %q: random ops, but no random stream", p.text)
	}
	if err := run(p.steps[p.fixed:], pixels, rng); err != nil {
		return Tensor{}, Geometry{}, err
	}
	return *pixels.Tensor(), pixels.geometry, nil
}

func run(steps []step, pixels *Pixels, rng *random.Stream) error {
	for _, s := range steps {
		before := pixels.geometry.to
		if err := s.run(pixels, rng); err != nil {
			return fmt.Errorf("%s: %w", s.text, err)
		}
		if err := s.checkMovement(before, pixels.geometry.to); err != nil {
			return fmt.Errorf("%s: %w", s.text, err)
		}
	}
	return nil
}
