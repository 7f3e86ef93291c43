package decode

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// decoder is the state of a batch on the backend between steps. A batch has R rows: one per sample,
// or one per beam in beam search.
type decoder struct {
	*Generator
	set   *weights.Set
	said  []*tensors.Tensor // family.State.Said; donated to each step
	kept  []*tensors.Tensor // family.State.Kept
	first *tensors.Tensor   // the logits of the first ids [R, V]
}

func (d *decoder) free() {
	for _, x := range append(d.said, d.kept...) {
		x.FinalizeAll()
	}
	d.first.FinalizeAll()
}

// encoding selects a graph that reads prompts: which of the optional inputs are given, and the
// number of rows per sample.
type encoding struct {
	given [3]bool
	rows  int
}

// prefill is a graph that reads prompts.
type prefill struct {
	exec *graph.Exec
	said int // the number of nodes of State.Said
}

// begin reads the prompts.
func (g *Generator) begin(set *weights.Set, in Inputs) (*decoder, error) {
	way := encoding{[3]bool{in.Images != nil, in.Tokens != nil, in.ImageMask != nil}, max(g.Method.Beams, 1)}
	read, ok := g.prefills[way]
	if !ok {
		read = &prefill{}
		var err error
		read.exec, err = graph.NewExec(g.be, func(all []*graph.Node) []*graph.Node { return g.prefillGraph(read, way, all) })
		if err != nil {
			return nil, err
		}
		g.prefills[way] = read
	}
	args := []any{in.Encoder}
	for _, x := range []*tensors.Tensor{in.Images, in.Tokens, in.ImageMask} {
		if x != nil {
			args = append(args, x)
		}
	}
	out, err := read.exec.Call(appendTensors(args, set.Tensors())...)
	if err != nil {
		return nil, err
	}
	return &decoder{Generator: g, set: set, first: out[0], said: out[1 : 1+read.said], kept: out[1+read.said:]}, nil
}

// prefillGraph takes the prompts, the given optional inputs, and the weights. It returns the logits
// of the first ids and the state.
func (g *Generator) prefillGraph(read *prefill, way encoding, all []*graph.Node) []*graph.Node {
	prompt := family.Prompt{IDs: all[0]}
	all = all[1:]
	for i, field := range []**graph.Node{&prompt.Images, &prompt.Tokens, &prompt.ImageMask} {
		if way.given[i] {
			*field, all = all[0], all[1:]
		}
	}
	logits, state := g.model.Prefill(weights.Bind(g.specs, all), prompt, g.length)
	read.said = len(state.Said)
	out := append([]*graph.Node{logits}, append(state.Said, state.Kept...)...)
	for i := range out {
		out[i] = repeat(out[i], way.rows)
	}
	return out
}

// repeat repeats each row of the first axis n times: [B, ...] to [B·n, ...].
func repeat(x *graph.Node, n int) *graph.Node {
	if n == 1 {
		return x
	}
	d := x.Shape().Dimensions
	wide := append([]int{d[0], n}, d[1:]...)
	return graph.Reshape(graph.BroadcastToDims(graph.InsertAxes(x, 1), wide...), append([]int{d[0] * n}, d[1:]...)...)
}

// likeliest returns the likeliest ids at a position, counted from 0, with their log probabilities,
// after feeding the ids [R] before it. At position 0 nothing is fed.
func (d *decoder) likeliest(ids []int32, position int) ([]int32, []float64, error) {
	out, err := d.call(greedyGraph, position, ids, nil)
	if err != nil {
		return nil, nil, err
	}
	next, err := tensors.CopyFlatData[int32](out[0])
	if err != nil {
		return nil, nil, err
	}
	logp, err := tensors.CopyFlatData[float64](out[1])
	return next, logp, err
}

// logits is like likeliest but calls each with the logits of all ids, row by row. Subtracting the
// normalizer from a logit gives its log probability. With parents [R], each row continues the row
// that parents names.
func (d *decoder) logits(ids, parents []int32, position int, each func(row int, logits []float32, normalizer float64)) error {
	out, err := d.call(scoreGraph, position, ids, parents)
	if err != nil {
		return err
	}
	if position > 0 { // at position 0 these are the decoder's
		defer out[0].FinalizeAll()
	}
	normalizers, err := tensors.CopyFlatData[float64](out[1])
	if err != nil {
		return err
	}
	vocab := out[0].Shape().Dimensions[1]
	return tensors.ConstFlatData(out[0], func(flat []float32) {
		for row := range normalizers {
			each(row, flat[row*vocab:(row+1)*vocab], normalizers[row])
		}
	})
}

// outputGraph says what a step returns of its logits.
type outputGraph int

const (
	greedyGraph outputGraph = iota // the likeliest ids and their log probabilities
	scoreGraph                     // all logits and their normalizers
)

func (o outputGraph) of(logits *graph.Node) []*graph.Node {
	if o == scoreGraph {
		return []*graph.Node{logits, normalizer(logits)}
	}
	best := graph.ConvertDType(graph.ReduceMax(logits, -1), dtypes.Float64)
	return []*graph.Node{graph.ArgMax(logits, -1, dtypes.Int32), graph.Sub(best, normalizer(logits))}
}

// call returns the two outputs for a position. After position 0 it runs a step of the model and
// keeps the state that the step returns.
func (d *decoder) call(output outputGraph, position int, ids, parents []int32) ([]*tensors.Tensor, error) {
	if position == 0 {
		exec, err := d.firstExec(output)
		if err != nil {
			return nil, err
		}
		out, err := exec.Call(d.first)
		if err == nil && output == scoreGraph {
			out[0].FinalizeAll()
			out[0] = d.first
		}
		return out, err
	}
	args := []any{int32(position - 1), tensors.FromFlatDataAndDimensions(ids, len(ids))}
	if parents != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(parents, len(parents)))
	}
	for _, x := range d.said {
		donated, err := graph.DonateTensorBuffer(x, d.be, 0)
		if err != nil {
			return nil, err
		}
		args = append(args, donated)
	}
	exec, err := d.stepExec(stepping{output, parents != nil, len(d.said), len(d.kept)})
	if err != nil {
		return nil, err
	}
	args = appendTensors(args, d.kept)
	out, err := exec.Call(appendTensors(args, d.set.Tensors())...)
	if err != nil {
		return nil, err
	}
	copy(d.said, out[2:])
	return out[:2], nil
}

// stepping selects the graph of a step.
type stepping struct {
	output     outputGraph
	follows    bool // whether it takes the rows to continue
	said, kept int  // the numbers of nodes of the state
}

func (g *Generator) firstExec(output outputGraph) (*graph.Exec, error) {
	if g.firsts[output] == nil {
		exec, err := graph.NewExec(g.be, func(logits *graph.Node) []*graph.Node { return output.of(logits) })
		if err != nil {
			return nil, err
		}
		g.firsts[output] = exec
	}
	return g.firsts[output], nil
}

func (g *Generator) stepExec(way stepping) (*graph.Exec, error) {
	if g.steps[way] == nil {
		exec, err := graph.NewExec(g.be, func(all []*graph.Node) []*graph.Node { return g.stepGraph(way, all) })
		if err != nil {
			return nil, err
		}
		g.steps[way] = exec
	}
	return g.steps[way], nil
}

// stepGraph takes the position, the last ids, the rows to continue, the state and the weights.
func (g *Generator) stepGraph(way stepping, all []*graph.Node) []*graph.Node {
	position, ids, all := all[0], all[1], all[2:]
	var parents *graph.Node
	if way.follows {
		parents, all = all[0], all[1:]
	}
	state := family.State{Said: all[:way.said], Kept: all[way.said : way.said+way.kept]}
	if parents != nil {
		for i := range state.Said {
			state.Said[i] = graph.Gather(state.Said[i], graph.InsertAxes(parents, -1))
		}
	}
	logits, said := g.model.Step(weights.Bind(g.specs, all[way.said+way.kept:]), ids, position, state)
	return append(way.output.of(logits), said...)
}

// normalizer is the log-sum-exp of the logits [R, V]: float64 [R].
func normalizer(logits *graph.Node) *graph.Node {
	largest := graph.ReduceMax(logits, -1)
	rest := graph.ReduceSum(graph.Exp(graph.Sub(logits, graph.InsertAxes(largest, -1))), -1)
	return graph.ConvertDType(graph.Add(largest, graph.Log(rest)), dtypes.Float64)
}

func appendTensors(args []any, values []*tensors.Tensor) []any {
	for _, x := range values {
		args = append(args, x)
	}
	return args
}
