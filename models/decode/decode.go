// Package decode lets a trained PaLI-3 answer: it encodes images and prompts once, then asks the
// decoder for one id after another, keeping the keys and values of what was said.
//
// A Generator works on batches of one shape; its graphs are compiled at the first call and reused.
package decode

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/ul2"
	"github.com/pali3/pali3/models/weights"
)

// EOS is the id that ends an answer, 1 in the vocabularies of T5, mT5 and UL2.
const EOS = 1

// Answer is what the model said to one sample.
type Answer struct {
	// IDs without the EOS.
	IDs []int32
	// LogProbability of the answer, in nats, its EOS included where it has one.
	LogProbability float64
}

// Inputs is a batch of samples. Fields are as in pali3.Inputs; those that do not apply are nil.
type Inputs struct {
	Images, Tokens, ImageMask, Encoder *tensors.Tensor
}

// Generator answers batches by greedy decoding: always the likeliest next id. Not safe for concurrent
// use.
type Generator struct {
	config  pali3.Config
	specs   []weights.Spec
	length  int
	be      compute.Backend
	encode  map[[3]bool]*graph.Exec // by which of the optional inputs are given
	advance *graph.Exec
}

// NewGenerator returns a generator of answers of at most length ids, EOS included. The specs are those
// of the sets that it will be given; weights that decoding does not need may be among them.
func NewGenerator(be compute.Backend, config pali3.Config, specs []weights.Spec, length int) (*Generator, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if length < 1 {
		return nil, fmt.Errorf("decoding answers of at most %d ids", length)
	}
	g := &Generator{config: config, specs: specs, length: length, be: be, encode: map[[3]bool]*graph.Exec{}}
	var err error
	g.advance, err = graph.NewExec(be, g.advanceGraph)
	return g, err
}

// Generate answers a batch. It stops when every answer has ended or is as long as allowed, and when ctx
// is done.
func (g *Generator) Generate(ctx context.Context, set *weights.Set, in Inputs) ([]Answer, error) {
	state, err := g.begin(set, in)
	if err != nil {
		return nil, fmt.Errorf("encoding images and prompts: %w", err)
	}
	defer state.free()
	answers := make([]Answer, in.Encoder.Shape().Dimensions[0])
	ended := make([]bool, len(answers))
	ids := make([]int32, len(answers)) // the padding id 0 begins every answer
	for position := range g.length {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scores, err := g.step(set, state, ids, position)
		if err != nil {
			return nil, fmt.Errorf("decoding id %d: %w", position, err)
		}
		if collect(answers, ended, ids, scores) {
			break
		}
	}
	return answers, nil
}

// collect appends the ids said at one step and reports whether every answer has ended.
func collect(answers []Answer, ended []bool, ids []int32, scores []float32) bool {
	all := true
	for i, id := range ids {
		if ended[i] {
			continue
		}
		answers[i].LogProbability += float64(scores[i])
		if ended[i] = id == EOS; !ended[i] {
			answers[i].IDs = append(answers[i].IDs, id)
			all = false
		}
	}
	return all
}

// state is what stays on the backend between the steps of a batch.
type state struct {
	said []*tensors.Tensor // keys, then values, of the ids said, one per layer; donated to each step
	kept []*tensors.Tensor // keys, then values, of the encoder's output, and the mask
}

func (s *state) free() {
	for _, x := range append(s.said, s.kept...) {
		x.FinalizeAll()
	}
}

// begin runs the encoder and makes the caches.
func (g *Generator) begin(set *weights.Set, in Inputs) (*state, error) {
	given := [3]bool{in.Images != nil, in.Tokens != nil, in.ImageMask != nil}
	exec, ok := g.encode[given]
	if !ok {
		var err error
		exec, err = graph.NewExec(g.be, func(all []*graph.Node) []*graph.Node { return g.beginGraph(given, all) })
		if err != nil {
			return nil, err
		}
		g.encode[given] = exec
	}
	args := []any{in.Encoder}
	for _, x := range []*tensors.Tensor{in.Images, in.Tokens, in.ImageMask} {
		if x != nil {
			args = append(args, x)
		}
	}
	out, err := exec.Call(appendTensors(args, set.Tensors())...)
	if err != nil {
		return nil, err
	}
	layers := g.config.Language.DecoderLayers
	return &state{said: out[:2*layers], kept: out[2*layers:]}, nil
}

// beginGraph takes the prompts, the optional inputs that are given, and the weights.
func (g *Generator) beginGraph(given [3]bool, all []*graph.Node) []*graph.Node {
	inputs := pali3.Inputs{Encoder: all[0]}
	all = all[1:]
	for i, field := range []**graph.Node{&inputs.Images, &inputs.Tokens, &inputs.ImageMask} {
		if given[i] {
			*field, all = all[0], all[1:]
		}
	}
	s := weights.Bind(g.specs, all)
	encoded, mask := pali3.Encode(s, g.config, inputs)
	batch := encoded.Shape().Dimensions[0]
	said := ul2.EmptyCache(encoded.Graph(), g.config.Language, batch, g.length)
	cross := ul2.CrossCache(s, g.config.Language, encoded)
	return append(nodes(said, cross), mask)
}

// step replaces ids by the next ones and returns their log probabilities.
func (g *Generator) step(set *weights.Set, s *state, ids []int32, position int) ([]float32, error) {
	args := []any{tensors.FromFlatDataAndDimensions(ids, len(ids)), int32(position)}
	for _, x := range s.said {
		donated, err := graph.DonateTensorBuffer(x, g.be, 0)
		if err != nil {
			return nil, err
		}
		args = append(args, donated)
	}
	args = appendTensors(args, s.kept)
	out, err := g.advance.Call(appendTensors(args, set.Tensors())...)
	if err != nil {
		return nil, err
	}
	copy(s.said, out[2:])
	next, err := tensors.CopyFlatData[int32](out[0])
	if err != nil {
		return nil, err
	}
	copy(ids, next)
	return tensors.CopyFlatData[float32](out[1])
}

// advanceGraph takes the ids said last, their position, the state and the weights; it returns the next
// ids, their log probabilities, and the caches.
func (g *Generator) advanceGraph(all []*graph.Node) []*graph.Node {
	layers := g.config.Language.DecoderLayers
	ids, position, caches, mask := all[0], all[1], all[2:2+4*layers], all[2+4*layers]
	cache := func(i int) ul2.Cache {
		return ul2.Cache{Keys: caches[i*layers : (i+1)*layers], Values: caches[(i+1)*layers : (i+2)*layers]}
	}
	s := weights.Bind(g.specs, all[3+4*layers:])
	logits, said := ul2.Step(s, g.config.Language, ids, position, cache(0), cache(2), mask)
	next := graph.ArgMax(logits, -1, ids.DType())
	largest := graph.ReduceMax(logits, -1)
	rest := graph.ReduceSum(graph.Exp(graph.Sub(logits, graph.InsertAxes(largest, -1))), -1)
	return append([]*graph.Node{next, graph.Neg(graph.Log(rest))}, nodes(said)...)
}

// nodes lists the keys and the values of caches.
func nodes(caches ...ul2.Cache) []*graph.Node {
	var all []*graph.Node
	for _, c := range caches {
		all = append(append(all, c.Keys...), c.Values...)
	}
	return all
}

func appendTensors(args []any, values []*tensors.Tensor) []any {
	for _, x := range values {
		args = append(args, x)
	}
	return args
}
