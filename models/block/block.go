// Package block holds the layers that the networks are made of: linear maps, norms, attention, MLPs,
// embeddings and T5's relative position bias, as functions from graph nodes to graph nodes.
//
// Shapes are written with B for the batch, L for a sequence's length, W for a model's width, H for
// heads and D for a head's width. A layer asks the scope it is given for its weights, so that one
// function both says which weights there are (weights.Collect) and computes with them.
package block

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/nn"

	"github.com/pali3/pali3/models/weights"
)

// Dense is x·weight + bias over the last axis: [..., in] to [..., out]. The weights are "weight" and
// "bias" in the scope, drawn by kernel and bias.
func Dense(s *weights.Scope, x *Node, out int, kernel, bias weights.Init) *Node {
	in := width(x)
	return Linear(x, s.Kernel("weight", in, out, kernel), s.Vector("bias", out, bias))
}

// DenseNoBias is x·weight over the last axis: [..., in] to [..., out].
func DenseNoBias(s *weights.Scope, x *Node, out int, kernel weights.Init) *Node {
	return Linear(x, s.Kernel("weight", width(x), out, kernel), nil)
}

// Linear is x·kernel + bias for x [..., in], kernel [in, out] and bias [out], which may be nil.
func Linear(x, kernel, bias *Node) *Node {
	return nn.Dense(x, kernel, bias, compute.DenseLayoutInputOutputs)
}

// Embed looks up ids [B, L] of type int32, each below vocabulary, in table [vocabulary, W]: [B, L, W].
func Embed(table, ids *Node) *Node { return Gather(table, InsertAxes(ids, -1)) }

func width(x *Node) int { return x.Shape().Dimensions[x.Rank()-1] }

// alongLast returns a vector [W] in a shape that broadcasts over all axes of x but the last.
func alongLast(vector, x *Node) *Node { return ExpandLeftToRank(vector, x.Rank()) }
