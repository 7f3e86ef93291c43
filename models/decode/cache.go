package decode

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// decoder is the state of a batch on the backend between steps. A batch has R rows: one per sample,
// or one per beam in beam search.
type decoder struct {
	*Generator
	set  *weights.Set
	said []*tensors.Tensor // keys, then values, of the ids so far, one per layer; donated to each step
	kept []*tensors.Tensor // keys, then values, of the encoder's output, and the mask
}

func (d *decoder) free() {
	for _, x := range append(d.said, d.kept...) {
		x.FinalizeAll()
	}
}

// encoding selects a graph of the encoder: which of the optional inputs are given, and the number
// of rows per sample.
type encoding struct {
	given [3]bool
	rows  int
}

// begin runs the encoder and makes the caches.
func (g *Generator) begin(set *weights.Set, in Inputs) (*decoder, error) {
	way := encoding{[3]bool{in.Images != nil, in.Tokens != nil, in.ImageMask != nil}, max(g.Method.Beams, 1)}
	exec, ok := g.encode[way]
	if !ok {
		var err error
		exec, err = graph.NewExec(g.be, func(all []*graph.Node) []*graph.Node { return g.beginGraph(way, all) })
		if err != nil {
			return nil, err
		}
		g.encode[way] = exec
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
	return &decoder{Generator: g, set: set, said: out[:2*layers], kept: out[2*layers:]}, nil
}

// beginGraph takes the prompts, the given optional inputs, and the weights.
func (g *Generator) beginGraph(way encoding, all []*graph.Node) []*graph.Node {
	inputs := pali3.Inputs{Encoder: all[0]}
	all = all[1:]
	for i, field := range []**graph.Node{&inputs.Images, &inputs.Tokens, &inputs.ImageMask} {
		if way.given[i] {
			*field, all = all[0], all[1:]
		}
	}
	s := weights.Bind(g.specs, all)
	encoded, mask := pali3.Encode(s, g.config, inputs)
	said := t5.EmptyCache(encoded.Graph(), g.config.Language, encoded.Shape().Dimensions[0]*way.rows, g.length)
	kept := append(nodes(t5.CrossCache(s, g.config.Language, encoded)), mask)
	for i := range kept {
		kept[i] = repeat(kept[i], way.rows)
	}
	return append(nodes(said), kept...)
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

// likeliest feeds the ids [R] at a position and returns the likeliest next ids with their log
// probabilities.
func (d *decoder) likeliest(ids []int32, position int) ([]int32, []float64, error) {
	out, err := d.call(d.greedyExec, position, ids)
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

// logits feeds the ids [R] at a position and calls each with every row's logits of the next id.
// Subtracting the normalizer from a logit gives its log probability.
func (d *decoder) logits(ids []int32, position int, each func(row int, logits []float32, normalizer float64)) error {
	out, err := d.call(d.scoreExec, position, ids)
	return d.show(out, err, each)
}

// follow is like logits, but each row continues the row that parents [R] names.
func (d *decoder) follow(ids, parents []int32, position int, each func(row int, logits []float32, normalizer float64)) error {
	out, err := d.call(d.followExec, position, ids, parents)
	return d.show(out, err, each)
}

func (d *decoder) show(out []*tensors.Tensor, err error, each func(row int, logits []float32, normalizer float64)) error {
	if err != nil {
		return err
	}
	defer out[0].FinalizeAll()
	normalizers, err := tensors.CopyFlatData[float64](out[1])
	if err != nil {
		return err
	}
	vocab := d.config.Language.Vocab
	return tensors.ConstFlatData(out[0], func(flat []float32) {
		for row := range normalizers {
			each(row, flat[row*vocab:(row+1)*vocab], normalizers[row])
		}
	})
}

// call runs a step, keeps the caches that it returns, and returns the two outputs before them.
func (d *decoder) call(exec *graph.Exec, position int, rows ...[]int32) ([]*tensors.Tensor, error) {
	args := []any{int32(position)}
	for _, values := range rows {
		args = append(args, tensors.FromFlatDataAndDimensions(values, len(values)))
	}
	for _, x := range d.said {
		donated, err := graph.DonateTensorBuffer(x, d.be, 0)
		if err != nil {
			return nil, err
		}
		args = append(args, donated)
	}
	args = appendTensors(args, d.kept)
	out, err := exec.Call(appendTensors(args, d.set.Tensors())...)
	if err != nil {
		return nil, err
	}
	copy(d.said, out[2:])
	return out[:2], nil
}

// greedyGraph returns the likeliest ids, their log probabilities, and the caches.
func (g *Generator) greedyGraph(all []*graph.Node) []*graph.Node {
	logits, said := g.advance(all, nil)
	next := graph.ArgMax(logits, -1, dtypes.Int32)
	best := graph.ConvertDType(graph.ReduceMax(logits, -1), dtypes.Float64)
	return append([]*graph.Node{next, graph.Sub(best, normalizer(logits))}, said...)
}

// scoreGraph returns the logits, their normalizers, and the caches.
func (g *Generator) scoreGraph(all []*graph.Node) []*graph.Node {
	logits, said := g.advance(all, nil)
	return append([]*graph.Node{logits, normalizer(logits)}, said...)
}

// followGraph is scoreGraph with one more argument, the rows to continue.
func (g *Generator) followGraph(all []*graph.Node) []*graph.Node {
	logits, said := g.advance(append(all[:2:2], all[3:]...), all[2])
	return append([]*graph.Node{logits, normalizer(logits)}, said...)
}

// advance takes the position, the last ids, the caches, the mask and the weights. With parents,
// each row uses the cache of its parent.
func (g *Generator) advance(all []*graph.Node, parents *graph.Node) (logits *graph.Node, said []*graph.Node) {
	layers := g.config.Language.DecoderLayers
	position, ids, caches, mask := all[0], all[1], all[2:2+4*layers], all[2+4*layers]
	if parents != nil {
		for i := range 2 * layers {
			caches[i] = graph.Gather(caches[i], graph.InsertAxes(parents, -1))
		}
	}
	cache := func(i int) t5.Cache {
		return t5.Cache{Keys: caches[i*layers : (i+1)*layers], Values: caches[(i+1)*layers : (i+2)*layers]}
	}
	s := weights.Bind(g.specs, all[3+4*layers:])
	logits, next := t5.Step(s, g.config.Language, ids, position, cache(0), cache(2), mask)
	return logits, nodes(next)
}

// normalizer is the log-sum-exp of the logits [R, V]: float64 [R].
func normalizer(logits *graph.Node) *graph.Node {
	largest := graph.ReduceMax(logits, -1)
	rest := graph.ReduceSum(graph.Exp(graph.Sub(logits, graph.InsertAxes(largest, -1))), -1)
	return graph.ConvertDType(graph.Add(largest, graph.Log(rest)), dtypes.Float64)
}

// nodes returns the keys and values of caches.
func nodes(caches ...t5.Cache) []*graph.Node {
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
