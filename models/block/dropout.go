package block

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// Dropout sets each feature of an example in x [B, L, D] to 0 with probability rate, at all of its
// positions at once, and divides the others by 1 - rate. Outside of training it returns x.
//
// Like T5X (examples/t5/layers.py, broadcast_dims=(-2,)), it draws once for all positions, which
// takes 1/L of the random numbers.
func Dropout(s *weights.Scope, x *Node, rate float64) *Node {
	if rate == 0 { // x may be without padding, [N, D]
		return x
	}
	d := x.Shape().Dimensions
	return dropped(s, x, rate, d[0], 1, d[2])
}

// DropKeys sets all values v [B, H, Lk, D] of a key to 0 with probability rate, and divides the
// others by 1 - rate. This is dropout of attention probabilities in which all queries of a head
// drop the same keys, as in T5X (layers.py, dot_product_attention): masking the probabilities gives
// the same sum as masking the values.
func DropKeys(s *weights.Scope, v *Node, rate float64) *Node {
	d := v.Shape().Dimensions
	return dropped(s, v, rate, d[0], d[1], d[2], 1)
}

// dropped multiplies x by 0 or 1/(1 - rate), drawn in the given dimensions, which broadcast to
// those of x.
func dropped(s *weights.Scope, x *Node, rate float64, dimensions ...int) *Node {
	if rate == 0 || !s.Training() {
		return x
	}
	kept := ConvertDType(GreaterOrEqual(s.Uniform(dimensions...), Scalar(x.Graph(), dtypes.Float32, rate)), dtypes.Float32)
	return Mul(x, MulScalar(kept, 1/(1-rate)))
}
