// Package decode generates text with any model that is a [family.Writer]. The model reads images
// and prompts once, then decodes autoregressively with a KV cache.
//
// A [Generator] works on batches of one shape; it compiles its graphs at the first call and reuses
// them. Its [Method] is greedy decoding, beam search or sampling.
package decode

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// EOS is the id that ends an answer, 1 in the vocabularies of T5, mT5 and UL2.
const EOS = 1

// Answer is the text generated for a sample.
type Answer struct {
	// IDs without the EOS.
	IDs []int32
	// LogProbability of the answer, in nats, including its EOS if it has one.
	LogProbability float64
}

// Inputs is a batch of samples. Its tensors are as in [family.Prompt]; Encoder holds the prompts'
// ids and is required.
type Inputs struct {
	Images, Tokens, ImageMask, Encoder *tensors.Tensor
	// Keys identify the samples when sampling, so that a sample gets the same answer in any batch.
	// Default: the rows of the batch.
	Keys []uint64
}

// Generator generates answers to batches. It is not safe for concurrent use.
type Generator struct {
	// Method of choosing ids. Default: greedy. It may change between calls.
	Method Method

	model    family.Writer
	specs    []weights.Spec
	length   int
	be       compute.Backend
	prefills map[encoding]*prefill
	firsts   map[outputGraph]*graph.Exec
	steps    map[stepping]*graph.Exec
}

// NewGenerator returns a generator of answers of at most length ids, EOS included. The specs are
// those of the sets that it will use; they may include weights that decoding does not need.
func NewGenerator(be compute.Backend, model family.Writer, specs []weights.Spec, length int) (*Generator, error) {
	if err := model.Validate(); err != nil {
		return nil, err
	}
	if length < 1 {
		return nil, fmt.Errorf("decoding answers of at most %d ids", length)
	}
	return &Generator{
		model: model, specs: specs, length: length, be: be,
		prefills: map[encoding]*prefill{}, firsts: map[outputGraph]*graph.Exec{}, steps: map[stepping]*graph.Exec{},
	}, nil
}

// chooser chooses ids step by step.
type chooser interface {
	// step runs the decoder at a position and chooses ids. It reports whether all answers have
	// ended.
	step(d *decoder, position int) (done bool, err error)
	answers() []Answer
}

// Generate answers a batch. It returns when every answer has ended or has the maximum length, or
// with an error when ctx is done.
func (g *Generator) Generate(ctx context.Context, set *weights.Set, in Inputs) ([]Answer, error) {
	if err := g.Method.Validate(); err != nil {
		return nil, err
	}
	d, err := g.begin(set, in)
	if err != nil {
		return nil, fmt.Errorf("encoding images and prompts: %w", err)
	}
	defer d.free()
	c := g.chooser(in)
	for position := range g.length {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		done, err := c.step(d, position)
		if err != nil {
			return nil, fmt.Errorf("decoding id %d: %w", position, err)
		}
		if done {
			break
		}
	}
	return c.answers(), nil
}

func (g *Generator) chooser(in Inputs) chooser {
	batch := in.Encoder.Shape().Dimensions[0]
	switch {
	case g.Method.Beams > 1:
		return newBeamSearch(g.Method, batch, g.length)
	case g.Method.Temperature > 0:
		return &sampler{said: newSaid(batch), method: g.Method, keys: in.Keys}
	}
	return &greedy{newSaid(batch)}
}

// said holds the answers of a batch that have one sequence each.
type said struct {
	all   []Answer
	ended []bool
	ids   []int32 // chosen last; every answer begins with the padding id 0
}

func newSaid(batch int) said {
	return said{make([]Answer, batch), make([]bool, batch), make([]int32, batch)}
}

func (s *said) answers() []Answer { return s.all }

// collect appends the ids of a step, with their log probabilities, to the answers, and reports
// whether every answer has ended.
func (s *said) collect(scores []float64) bool {
	all := true
	for i, id := range s.ids {
		if s.ended[i] {
			continue
		}
		s.all[i].LogProbability += scores[i]
		if s.ended[i] = id == EOS; !s.ended[i] {
			s.all[i].IDs = append(s.all[i].IDs, id)
			all = false
		}
	}
	return all
}

// greedy chooses the likeliest id at each step.
type greedy struct{ said }

func (g *greedy) step(d *decoder, position int) (bool, error) {
	next, scores, err := d.likeliest(g.ids, position)
	if err != nil {
		return false, err
	}
	copy(g.ids, next)
	return g.collect(scores), nil
}
