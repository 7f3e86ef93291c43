package block

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/nn"

	"github.com/pali3/pali3/models/weights"
)

// Epsilon is added to variances and mean squares: flax's LayerNorm default and T5's constant.
const Epsilon = 1e-6

// LayerNorm normalises the last axis of x to mean 0 and variance 1, then scales by "weight" and
// shifts by "bias".
//
// With n the normalised x and g = dy·scale, dx is (g - mean(g) - n·mean(g·n)) / deviation.
func LayerNorm(s *weights.Scope, x *Node) *Node {
	scale := s.Vector("weight", width(x), weights.Ones())
	shift := s.Vector("bias", width(x), weights.Zeros())
	forward := func() *Node { return nn.LayerNorm(x, []int{-1}, Epsilon, scale, shift, nil) }
	return tunedGradient([]*Node{x, scale, shift}, forward, func(_, dy *Node) []*Node {
		centred := Sub(x, rowMean(x))
		inverse := Inverse(Sqrt(AddScalar(rowMean(Square(centred)), Epsilon)))
		n := Mul(centred, inverse)
		byElement := Mul(dy, n)
		g := Mul(dy, alongLast(scale, dy))
		dx := Mul(Sub(Sub(g, rowMean(g)), Mul(n, rowMeanTimes(byElement, scale))), inverse)
		return []*Node{dx, ReduceSum(rows(byElement), 0), ReduceSum(rows(dy), 0)}
	})
}

// RMSNorm divides the last axis of x by its root mean square, then scales by "weight". It is T5's
// layer norm, which has no mean and no bias (t5x examples/t5/layers.py, LayerNorm).
func RMSNorm(s *weights.Scope, x *Node) *Node {
	return scaledRMS(x, s.Vector("weight", width(x), weights.Ones()))
}

// RMSNormAroundOne is RMSNorm with the scale 1 + "weight", as Gemma has it (big_vision
// models/ppp/gemma.py, RMSNorm): weight decay moves its scale towards 1.
func RMSNormAroundOne(s *weights.Scope, x *Node) *Node {
	return scaledRMS(x, OnePlus(s.Vector("weight", width(x), weights.Zeros())))
}

// scaledRMS divides the last axis of x by its root mean square and multiplies by scale.
//
// With n the normalised x and g = dy·scale, dx is (g - n·mean(g·n)) / root mean square.
func scaledRMS(x, scale *Node) *Node {
	var inverse, n *Node
	forward := func() *Node {
		inverse = Inverse(Sqrt(AddScalar(rowMean(Square(x)), Epsilon)))
		n = Mul(x, inverse)
		return Mul(n, alongLast(scale, n))
	}
	return tunedGradient([]*Node{x, scale}, forward, func(_, dy *Node) []*Node {
		byElement := Mul(dy, n)
		g := Mul(dy, alongLast(scale, dy))
		dx := Mul(Sub(g, Mul(n, rowMeanTimes(byElement, scale))), inverse)
		return []*Node{dx, ReduceSum(rows(byElement), 0)}
	})
}

// rowMean returns the mean of each row, [..., 1].
func rowMean(x *Node) *Node { return ReduceAndKeep(x, ReduceMean, -1) }

// rowMeanTimes returns rowMean(x·scale) without computing x·scale.
func rowMeanTimes(x, scale *Node) *Node {
	return MulScalar(nn.Dense(x, InsertAxes(scale, -1), nil, compute.DenseLayoutInputOutputs), 1/float64(width(x)))
}
