// Package block holds the layers of the networks: linear maps, norms, attention, perceptrons,
// embeddings and T5's relative position bias, as functions from graph nodes to graph nodes.
//
// In shapes, B is the batch, L the length of a sequence, W the width of the model, H the number of
// heads and D the width of a head. A layer takes its weights from a scope, so that one function
// both declares the weights (weights.Collect) and computes with them (weights.Bind).
package block

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/nn"

	"github.com/pali3/pali3/models/weights"
)

// Dense returns x·weight + bias over the last axis: [..., in] to [..., out]. The weights are named
// "weight" and "bias" in the scope and initialised by kernel and bias.
func Dense(s *weights.Scope, x *Node, out int, kernel, bias weights.Init) *Node {
	in := width(x)
	return linear(s, x, s.Kernel("weight", in, out, kernel), s.Vector("bias", out, bias))
}

// DenseNoBias returns x·weight over the last axis: [..., in] to [..., out].
func DenseNoBias(s *weights.Scope, x *Node, out int, kernel weights.Init) *Node {
	return linear(s, x, s.Kernel("weight", width(x), out, kernel), nil)
}

// RowsAtOnce is how many rows the Go backend's kernel for small products takes at once. It takes
// rows that are left over one number at a time, thirty times slower.
const RowsAtOnce = 4

// RoundUp returns the least multiple of [RowsAtOnce] that is n or more.
func RoundUp(n int) int { return (n + RowsAtOnce - 1) / RowsAtOnce * RowsAtOnce }

// linear is [Linear]. In a graph of constant weights it adds rows of zeros so that none is left
// over.
func linear(s *weights.Scope, x, kernel, bias *Node) *Node {
	n := x.Shape().Size() / width(x)
	missing := RoundUp(n) - n
	if !s.Constant() || missing == 0 {
		return Linear(x, kernel, bias)
	}
	padded := Concatenate([]*Node{Reshape(x, n, width(x)), Zeros(x.Graph(), shapes.Make(x.DType(), missing, width(x)))}, 0)
	out := Slice(Linear(padded, kernel, bias), AxisRange(0, n))
	d := slices.Clone(x.Shape().Dimensions)
	d[len(d)-1] = width(out)
	return Reshape(out, d...)
}

// Linear returns x·kernel + bias for x [..., in], kernel [in, out] and bias [out], which may be
// nil.
func Linear(x, kernel, bias *Node) *Node {
	inputs := []*Node{x, kernel}
	if bias != nil {
		inputs = append(inputs, bias)
	}
	return tunedGradient(inputs,
		func() *Node { return nn.Dense(x, kernel, bias, compute.DenseLayoutInputOutputs) },
		func(_, dy *Node) []*Node {
			gradients := []*Node{timesTransposed(dy, kernel), outerProduct(rows(x), rows(dy))}
			if bias != nil {
				gradients = append(gradients, ReduceSum(rows(dy), 0))
			}
			return gradients
		})
}

// LinearTransposed returns x·tableᵀ for x [..., W] and table [V, W]: [..., V]. It scores rows of an
// embedding table without transposing it.
func LinearTransposed(x, table *Node) *Node {
	return withGradient([]*Node{x, table},
		func() *Node { return timesTransposed(x, table) },
		func(_, dy *Node) []*Node {
			dx := DotGeneral(dy, []int{dy.Rank() - 1}, nil, table, []int{0}, nil)
			return []*Node{dx, outerProduct(rows(dy), rows(x))}
		})
}

// rows flattens all axes but the last: [..., W] to [N, W].
func rows(x *Node) *Node {
	if x.Rank() == 2 {
		return x
	}
	return Reshape(x, -1, width(x))
}

// timesTransposed is x·kernelᵀ for x [..., out] and kernel [in, out]: [..., in].
func timesTransposed(x, kernel *Node) *Node {
	return DotGeneral(x, []int{x.Rank() - 1}, nil, kernel, []int{1}, nil)
}

// outerProduct is xᵀ·y for x [N, in] and y [N, out]: [in, out]. The matrix product reads its left
// side by rows, so one side must be transposed; this transposes the narrower one.
func outerProduct(x, y *Node) *Node {
	if width(y) < width(x) {
		return Transpose(product(Transpose(y, 0, 1), x), 0, 1)
	}
	return product(Transpose(x, 0, 1), y)
}

// product is x·y for x [M, K] and y [K, N].
func product(x, y *Node) *Node { return DotGeneral(x, []int{1}, nil, y, []int{0}, nil) }

// Embed looks up int32 ids [B, L], each below V, in table [V, W]: [B, L, W].
func Embed(table, ids *Node) *Node { return Gather(table, InsertAxes(ids, -1)) }

func width(x *Node) int { return x.Shape().Dimensions[x.Rank()-1] }

// alongLast reshapes a vector [W] to broadcast over all axes of x but the last.
func alongLast(vector, x *Node) *Node { return ExpandLeftToRank(vector, x.Rank()) }
