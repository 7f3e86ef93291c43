package block

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Rotation holds the cosines and sines by which rotary embeddings turn queries and keys,
// [B, 1, L, D/2] each.
type Rotation struct {
	Cos, Sin *Node
}

// Rotations returns the rotations of a head of width dim at int32 positions [B, L], each from 0 to
// below length. Pair i of a head turns by position / base^(2i/dim) (RoFormer, arXiv 2104.09864,
// section 3.2.2).
//
// Angles are rounded to float32 as transformers does, which matters at large positions; their
// cosines and sines are exact.
func Rotations(positions *Node, length, dim int, base float64) Rotation {
	return ScaledRotations(positions, length, dim, base, 1)
}

// ScaledRotations are [Rotations] that are factor times slower, as if positions were divided by it.
// Models trained on short texts read longer ones so (arXiv 2306.15595; rope_type "linear" of
// transformers).
func ScaledRotations(positions *Node, length, dim int, base, factor float64) Rotation {
	cos, sin := make([][]float32, length), make([][]float32, length)
	for position := range length {
		cos[position], sin[position] = make([]float32, dim/2), make([]float32, dim/2)
		for i := range dim / 2 {
			angle := float64(float32(position) * (frequency(i, dim, base) / float32(factor)))
			cos[position][i], sin[position][i] = float32(math.Cos(angle)), float32(math.Sin(angle))
		}
	}
	look := func(table [][]float32) *Node {
		return InsertAxes(Embed(Const(positions.Graph(), table), positions), 1)
	}
	return Rotation{look(cos), look(sin)}
}

// frequency returns 1 / base^(2i/dim), rounded to float32 at each step as transformers does.
func frequency(i, dim int, base float64) float32 {
	exponent := float32(2*i) / float32(dim)
	return 1 / float32(math.Pow(base, float64(exponent)))
}

// Rotate turns x [B, H, L, D]: with x split into halves a and b, the result is
// (a·cos - b·sin, b·cos + a·sin). Its gradient turns back.
func Rotate(x *Node, by Rotation) *Node {
	forward := func() *Node { return rotate(x, by.Cos, by.Sin) }
	return withGradient([]*Node{x}, forward, func(_, dy *Node) []*Node {
		return []*Node{rotate(dy, by.Cos, Neg(by.Sin))}
	})
}

func rotate(x, cos, sin *Node) *Node {
	half := width(x) / 2
	a, b := SliceAxis(x, -1, AxisRange(0, half)), SliceAxis(x, -1, AxisRange(half, 2*half))
	return Concatenate([]*Node{Sub(Mul(a, cos), Mul(b, sin)), Add(Mul(b, cos), Mul(a, sin))}, -1)
}
