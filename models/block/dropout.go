package block

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// Dropout sets features of x [B, L, D], drawn anew for each example, to 0 at all its positions,
// each with the probability rate, and divides the others by 1 - rate. Outside of training it
// returns x.
//
// Drawing once for all positions is T5X's choice (examples/t5/layers.py, broadcast_dims=(-2,)): it
// costs 1/L of the random numbers.
func Dropout(s *weights.Scope, x *Node, rate float64) *Node {
	d := x.Shape().Dimensions
	return dropped(s, x, rate, d[0], 1, d[2])
}

// DropKeys sets the values [B, H, Lk, D] of keys to 0, each with the probability rate, and divides
// the others by 1 - rate. It is dropout of the probabilities of attention where all queries of a
// head drop the same keys, as T5X has it (layers.py, dot_product_attention): p·m, summed with v, is
// p summed with m·v.
func DropKeys(s *weights.Scope, v *Node, rate float64) *Node {
	d := v.Shape().Dimensions
	return dropped(s, v, rate, d[0], d[1], d[2], 1)
}

// dropped multiplies x by 0 or 1/(1 - rate), drawn for the dimensions, which broadcast to those of
// x.
func dropped(s *weights.Scope, x *Node, rate float64, dimensions ...int) *Node {
	if rate == 0 || !s.Training() {
		return x
	}
	kept := ConvertDType(GreaterOrEqual(s.Uniform(dimensions...), Scalar(x.Graph(), dtypes.Float32, rate)), dtypes.Float32)
	return Mul(x, MulScalar(kept, 1/(1-rate)))
}
