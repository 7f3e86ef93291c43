// Package decode generates text with any model that is a [family.Writer]. The model reads images
// and prompts once, then decodes autoregressively with a KV cache.
//
// A [Generator] works on batches of one shape; it compiles its graphs at the first call and reuses
// them. Its [Method] is greedy decoding, beam search or sampling:
//
//	generator, err := decode.NewGenerator(be, model, set.Specs(), 32)
//	generator.Method = decode.Method{Beams: 4, Alpha: decode.T5XAlpha}
//	answers, err := generator.Generate(ctx, set, decode.Inputs{Images: images, Encoder: prompts})
//
// [Generator.NBest] returns several answers per sample, [Generator.Stream] each id as soon as it is
// chosen, and [Generator.Score] the probabilities of given answers. A [Constraint] restricts what
// may be said: one of a list of answers, or boxes.
//
// If the weights stay the same from call to call, set [Generator.Fixed]: decoding is then several
// times faster on the Go backend.
package decode

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// EOS is the id that ends an answer, 1 in the vocabularies of T5, mT5 and UL2.
const EOS = 1

// Answer is the text generated for a sample.
type Answer struct {
	// IDs without the end id.
	IDs []int32
	// LogProbability of the answer, in nats, including its end id if it has one. It is the model's
	// own: temperature, penalties and constraints do not change it.
	LogProbability float64
	// LogProbabilities of each id, and of the end id if there is one. Their sum is LogProbability.
	LogProbabilities []float64
	// Alternatives are the likeliest ids at each position, Method.Alternatives of them, likeliest
	// first.
	Alternatives [][]Alternative
	// End is the id that ended the answer, or -1 if it has the maximum length instead.
	End int32
	// Score is what beam search ranks answers by. Without beams it is LogProbability.
	Score float64
}

// Alternative is an id that might have been chosen.
type Alternative struct {
	ID             int32
	LogProbability float64
}

// Inputs is a batch of samples. Its tensors are as in [family.Prompt]; Encoder holds the prompts'
// ids and is required.
type Inputs struct {
	Images, Tokens, ImageMask, Encoder *tensors.Tensor
	// Keys identify the samples when sampling, so that a sample gets the same answer in any batch.
	// Default: the rows of the batch.
	Keys []uint64
	// Prefixes are ids with which each sample's answer begins; none may be an end id. Default:
	// none.
	Prefixes [][]int32
	// Constraints restrict the answers: one for all samples, or one per sample, of which some may
	// be nil. Default: none.
	Constraints []Constraint
}

// Generator generates answers to batches. It is not safe for concurrent use, but several generators
// may use one set of weights at the same time.
type Generator struct {
	// Method of choosing ids. Default: greedy. It may change between calls.
	Method Method
	// Fixed says that the weights of a set stay the same between calls, and compiles them into the
	// graphs. The Go backend then keeps them in the order in which it multiplies, which takes up to
	// two more times the memory of the decoder's weights. Another set compiles the graphs again;
	// after a change of values in the same set call [Generator.Forget]. Backends that do not gain
	// ignore Fixed. Ids are the same; log probabilities may differ in their last bits.
	Fixed bool
	// Compact takes samples whose answers have ended out of the batch each time that half of the
	// batch has ended. It saves time where answers differ in length, but the backend may multiply
	// smaller matrices in another order, so that probabilities may differ in their last bits from
	// those without Compact.
	Compact bool

	model  family.Writer
	specs  []weights.Spec
	length int
	vocab  int // 0 if not known
	be     compute.Backend
	graphs graphs
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
	g := &Generator{model: model, specs: specs, length: length, be: be}
	for _, in := range model.Inputs() {
		if in.Name == "input_ids" {
			g.vocab = in.Vocabulary
		}
	}
	g.Forget()
	return g, nil
}

// Forget drops the compiled graphs.
func (g *Generator) Forget() {
	for _, exec := range g.graphs.all {
		exec.Finalize()
	}
	g.graphs = newGraphs()
}

// chooser chooses ids step by step.
type chooser interface {
	// step runs the decoder at a position and chooses ids. It reports whether all answers have
	// ended.
	step(d *decoder, position int) (done bool, err error)
	// answers returns those of each sample, best first.
	answers() [][]Answer
}

// Generate answers a batch, with the best answer per sample. It returns when every answer has ended
// or has the maximum length, or with an error when ctx is done.
func (g *Generator) Generate(ctx context.Context, set *weights.Set, in Inputs) ([]Answer, error) {
	all, err := g.NBest(ctx, set, in)
	if err != nil {
		return nil, err
	}
	best := make([]Answer, len(all))
	for i := range all {
		best[i] = all[i][0]
	}
	return best, nil
}

// NBest is like [Generator.Generate] but returns Method.NBest answers per sample, best first. Beam
// search returns fewer where it has found fewer; sampling may draw the same answer twice.
func (g *Generator) NBest(ctx context.Context, set *weights.Set, in Inputs) ([][]Answer, error) {
	return g.generate(ctx, set, in, nil)
}

// generate answers a batch and calls emit, which may be nil, with each id that is chosen.
func (g *Generator) generate(ctx context.Context, set *weights.Set, in Inputs, emit func(Token) error) (answers [][]Answer, err error) {
	rules, err := g.newRules(in)
	if err != nil {
		return nil, err
	}
	var failed error
	err = backend.Catch("decoding", func() { answers, failed = g.decode(ctx, set, in, rules, emit) })
	if err == nil {
		err = failed
	}
	return answers, err
}

func (g *Generator) decode(ctx context.Context, set *weights.Set, in Inputs, rules *rules, emit func(Token) error) ([][]Answer, error) {
	d, err := g.begin(set, in, g.Method.rows())
	if err != nil {
		return nil, fmt.Errorf("encoding images and prompts: %w", err)
	}
	defer d.free()
	c := g.chooser(in, rules, emit)
	for position := range rules.length {
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

func (g *Generator) chooser(in Inputs, rules *rules, emit func(Token) error) chooser {
	batch := in.Encoder.Shape().Dimensions[0]
	if g.Method.Beams > 1 {
		return newBeamSearch(rules, batch, g.Compact)
	}
	s := newSequences(rules, batch*g.Method.rows(), g.Compact, emit)
	if g.Method.Temperature > 0 {
		return &sampler{sequences: s, draws: g.Method.rows(), keys: in.Keys}
	}
	return &greedy{s}
}

// newRules checks the inputs and the method, and returns what they say of the answers.
func (g *Generator) newRules(in Inputs) (*rules, error) {
	if err := g.Method.Validate(); err != nil {
		return nil, err
	}
	if err := g.check(in); err != nil {
		return nil, err
	}
	r := &rules{Method: g.Method, end: g.Method.ends(), length: g.length, prefixes: in.Prefixes, constraints: in.Constraints}
	if most := g.Method.MaxLength; most > g.length {
		return nil, fmt.Errorf("decoding: max-length is %d, and the generator has room for %d ids", most, g.length)
	} else if most > 0 {
		r.length = most
	}
	if r.MinLength >= r.length {
		return nil, fmt.Errorf("decoding: min-length %d leaves no room for the end within %d ids", r.MinLength, r.length)
	}
	return r, r.check(in.Encoder.Shape().Dimensions[0], g.vocab)
}

// check returns an error if the inputs do not fit each other or the model.
func (g *Generator) check(in Inputs) error {
	if in.Encoder == nil {
		return fmt.Errorf("decoding: no prompts: Inputs.Encoder is required")
	}
	shape := in.Encoder.Shape()
	if shape.Rank() != 2 || shape.Size() == 0 {
		return fmt.Errorf("decoding: the prompts' ids have the shape %s, want [B, L]", shape)
	}
	batch := shape.Dimensions[0]
	for _, x := range []struct {
		name   string
		tensor *tensors.Tensor
	}{{"images", in.Images}, {"visual tokens", in.Tokens}, {"image mask", in.ImageMask}} {
		if x.tensor != nil && (x.tensor.Shape().Rank() == 0 || x.tensor.Shape().Dimensions[0] != batch) {
			return fmt.Errorf("decoding: the %s have the shape %s, and there are %d prompts", x.name, x.tensor.Shape(), batch)
		}
	}
	if in.Keys != nil && len(in.Keys) != batch {
		return fmt.Errorf("decoding: %d keys for %d prompts", len(in.Keys), batch)
	}
	if g.vocab == 0 {
		return nil
	}
	var bad error
	err := tensors.ConstFlatData(in.Encoder, func(ids []int32) {
		for i, id := range ids {
			if id < 0 || int(id) >= g.vocab {
				bad = fmt.Errorf("decoding: prompt %d has the id %d, and the model's vocabulary is %d ids", i/shape.Dimensions[1], id, g.vocab)
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("decoding: the prompts' ids: %w", err)
	}
	return bad
}

// graphs are the compiled graphs of a generator.
type graphs struct {
	prefills map[encoding]*prefill
	firsts   map[outputGraph]*graph.Exec
	steps    map[stepping]*graph.Exec
	takes    map[int]*graph.Exec // by the number of tensors
	all      []*graph.Exec

	set *weights.Set // whose values are compiled in, nil if none are
}

func newGraphs() graphs {
	return graphs{
		prefills: map[encoding]*prefill{}, firsts: map[outputGraph]*graph.Exec{}, steps: map[stepping]*graph.Exec{},
		takes: map[int]*graph.Exec{},
	}
}
