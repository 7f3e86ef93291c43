package decode

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// decoder is the state of a batch on the backend between steps. A batch has R rows: one per sample,
// or one per beam or draw. On the backend there may be more, which mean nothing: see
// [Generator.width].
type decoder struct {
	rows int // R
	*Generator
	set   *weights.Set
	said  []*tensors.Tensor // family.State.Said; donated to each step
	kept  []*tensors.Tensor // family.State.Kept
	first *tensors.Tensor   // the logits of the first ids [R, V], nil in a copy
}

func (d *decoder) free() {
	for _, x := range slices.Concat(d.said, d.kept) {
		x.FinalizeAll()
	}
	if d.first != nil {
		d.first.FinalizeAll()
	}
}

// take replaces the rows of the batch by those named.
func (d *decoder) take(rows []int32) error {
	taken, err := d.copied(rows)
	if err != nil {
		return err
	}
	for _, x := range slices.Concat(d.said, d.kept) {
		x.FinalizeAll()
	}
	d.rows, d.said, d.kept = taken.rows, taken.said, taken.kept
	return nil
}

// copied returns a decoder whose rows are copies of the rows named.
func (d *decoder) copied(rows []int32) (*decoder, error) {
	all := slices.Concat(d.said, d.kept)
	if d.graphs.takes[len(all)] == nil {
		exec, err := d.compile(func(in []*graph.Node) []*graph.Node {
			out := make([]*graph.Node, len(in)-1)
			for i := range out {
				out[i] = graph.Gather(in[i+1], graph.InsertAxes(in[0], -1))
			}
			return out
		})
		if err != nil {
			return nil, err
		}
		d.graphs.takes[len(all)] = exec
	}
	args := appendTensors([]any{d.padded(rows)}, all)
	out, err := d.graphs.takes[len(all)].Call(args...)
	if err != nil {
		return nil, fmt.Errorf("copying rows of the state: %w", err)
	}
	return &decoder{rows: len(rows), Generator: d.Generator, set: d.set, said: out[:len(d.said)], kept: out[len(d.said):]}, nil
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

// compile returns the executor of a graph and lists it among those of the generator.
func (g *Generator) compile(build func([]*graph.Node) []*graph.Node) (*graph.Exec, error) {
	exec, err := graph.NewExec(g.be, build)
	if err == nil {
		g.graphs.all = append(g.graphs.all, exec)
	}
	return exec, err
}

// constant reports whether weights are compiled into the graphs.
func (g *Generator) constant() bool {
	return g.Fixed && g.be.Capabilities().PreferConstantsForVariables
}

// hold prepares the graphs for the values of a set.
func (g *Generator) hold(set *weights.Set) {
	var held *weights.Set
	if g.constant() {
		held = set
	}
	if g.graphs.set != held {
		g.Forget()
		g.graphs.set = held
	}
}

// width is the number of rows on the backend for a batch of the given number. If the weights are
// constants it is a multiple of [block.RowsAtOnce], as that makes products several times faster.
func (g *Generator) width(rows int) int {
	if g.graphs.set == nil {
		return rows
	}
	return block.RoundUp(rows)
}

// padded returns values for the rows of a batch, followed by zeros for those that mean nothing.
func (d *decoder) padded(values []int32) *tensors.Tensor {
	wide := make([]int32, d.width(len(values)))
	copy(wide, values)
	return tensors.FromFlatDataAndDimensions(wide, len(wide))
}

// bind returns the scope of the weights, which are constants or the last inputs of a graph.
func (g *Generator) bind(in *graph.Graph, nodes []*graph.Node) *weights.Scope {
	if g.graphs.set != nil {
		return weights.BindConstants(in, g.graphs.set)
	}
	return weights.Bind(g.specs, nodes)
}

// appendWeights appends the weights to the inputs of a graph unless they are constants.
func (g *Generator) appendWeights(args []any, set *weights.Set) []any {
	if g.graphs.set != nil {
		return args
	}
	return appendTensors(args, set.Tensors())
}

// begin reads the prompts, and repeats each sample in the given number of rows.
func (g *Generator) begin(set *weights.Set, in Inputs, rows int) (*decoder, error) {
	g.hold(set)
	way := encoding{[3]bool{in.Images != nil, in.Tokens != nil, in.ImageMask != nil}, rows}
	read, ok := g.graphs.prefills[way]
	if !ok {
		read = &prefill{}
		var err error
		read.exec, err = g.compile(func(all []*graph.Node) []*graph.Node { return g.prefillGraph(read, way, all) })
		if err != nil {
			return nil, err
		}
		g.graphs.prefills[way] = read
	}
	args := []any{in.Encoder}
	for _, x := range []*tensors.Tensor{in.Images, in.Tokens, in.ImageMask} {
		if x != nil {
			args = append(args, x)
		}
	}
	out, err := read.exec.Call(g.appendWeights(args, set)...)
	if err != nil {
		return nil, err
	}
	samples := in.Encoder.Shape().Dimensions[0]
	return &decoder{rows: samples * rows, Generator: g, set: set, first: out[0], said: out[1 : 1+read.said], kept: out[1+read.said:]}, nil
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
	logits, state := g.model.Prefill(g.bind(prompt.IDs.Graph(), all), prompt, g.width(g.length))
	read.said = len(state.Said)
	out := append([]*graph.Node{logits}, append(state.Said, state.Kept...)...)
	for i := range out {
		out[i] = g.widened(repeat(out[i], way.rows))
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

// widened adds copies of the first row for rows that mean nothing.
func (g *Generator) widened(x *graph.Node) *graph.Node {
	rows := x.Shape().Dimensions[0]
	missing := g.width(rows) - rows
	if missing == 0 {
		return x
	}
	return graph.Concatenate([]*graph.Node{x, repeat(graph.Slice(x, graph.AxisRange(0, 1)), missing)}, 0)
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
	if err != nil {
		return nil, nil, err
	}
	return next[:d.rows], logp[:d.rows], nil
}

// logits is like likeliest but calls each with the logits of all ids, row by row. Subtracting the
// normalizer from a logit gives its log probability. With parents [R], each row continues the row
// that parents names. It stops at the first error of each.
func (d *decoder) logits(ids, parents []int32, position int, each func(row int, logits []float32, normalizer float64) error) error {
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
	var failed error
	err = tensors.ConstFlatData(out[0], func(flat []float32) {
		for row := 0; row < d.rows && failed == nil; row++ {
			failed = each(row, flat[row*vocab:(row+1)*vocab], normalizers[row])
		}
	})
	return cmp.Or(err, failed)
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
	args := []any{int32(position - 1), d.padded(ids)}
	if parents != nil {
		args = append(args, d.padded(parents))
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
	out, err := exec.Call(d.appendWeights(args, d.set)...)
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
	if g.graphs.firsts[output] == nil {
		exec, err := g.compile(func(in []*graph.Node) []*graph.Node { return output.of(in[0]) })
		if err != nil {
			return nil, err
		}
		g.graphs.firsts[output] = exec
	}
	return g.graphs.firsts[output], nil
}

func (g *Generator) stepExec(way stepping) (*graph.Exec, error) {
	if g.graphs.steps[way] == nil {
		exec, err := g.compile(func(all []*graph.Node) []*graph.Node { return g.stepGraph(way, all) })
		if err != nil {
			return nil, err
		}
		g.graphs.steps[way] = exec
	}
	return g.graphs.steps[way], nil
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
	logits, said := g.model.Step(g.bind(ids.Graph(), all[way.said+way.kept:]), ids, position, state)
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
