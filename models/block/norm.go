package block

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/nn"

	"github.com/pali3/pali3/models/weights"
)

// Epsilon is added to variances and mean squares: flax's LayerNorm default and T5's constant.
const Epsilon = 1e-6

// LayerNorm normalises the last axis of x to mean 0 and variance 1, then scales by "weight" and shifts
// by "bias".
func LayerNorm(s *weights.Scope, x *Node) *Node {
	scale := s.Vector("weight", width(x), weights.Ones())
	shift := s.Vector("bias", width(x), weights.Zeros())
	return nn.LayerNorm(x, []int{-1}, Epsilon, scale, shift, nil)
}

// RMSNorm divides the last axis of x by its root mean square and scales by "weight": T5's layer norm,
// without mean or bias (t5x examples/t5/layers.py, LayerNorm).
func RMSNorm(s *weights.Scope, x *Node) *Node {
	scale := s.Vector("weight", width(x), weights.Ones())
	meanSquare := ReduceAndKeep(Square(x), ReduceMean, -1)
	normed := Mul(x, Inverse(Sqrt(AddScalar(meanSquare, Epsilon))))
	return Mul(normed, alongLast(scale, x))
}
