package block

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// masked is what is added to the score of a key that must not be seen: finite, so that a row of
// nothing but padding stays a number.
const masked = -1e9

// SplitHeads turns [B, L, H*D] into [B, H, L, D].
func SplitHeads(x *Node, heads int) *Node {
	d := x.Shape().Dimensions
	return TransposeAllAxes(Reshape(x, d[0], d[1], heads, d[2]/heads), 0, 2, 1, 3)
}

// MergeHeads turns [B, H, L, D] into [B, L, H*D].
func MergeHeads(x *Node) *Node {
	d := x.Shape().Dimensions
	return Reshape(TransposeAllAxes(x, 0, 2, 1, 3), d[0], d[2], d[1]*d[3])
}

// Attend is softmax(q·kᵀ + bias)·v for q [B, H, Lq, D], k and v [B, H, Lk, D], and a bias that
// broadcasts to [B, H, Lq, Lk] or is nil. It does not scale the scores: see Scale.
func Attend(q, k, v, bias *Node) *Node {
	scores := DotGeneral(q, []int{3}, []int{0, 1}, k, []int{3}, []int{0, 1})
	if bias != nil {
		scores = Add(scores, bias)
	}
	return DotGeneral(Softmax(scores, -1), []int{3}, []int{0, 1}, v, []int{2}, []int{0, 1})
}

// Scale divides queries [..., D] by sqrt(D). T5 does not: its initial queries are smaller instead.
func Scale(q *Node) *Node { return MulScalar(q, 1/math.Sqrt(float64(width(q)))) }

// CausalBias returns [1, 1, L, L]: 0 where the key is at or before the query, a large negative number
// where it is after.
func CausalBias(g *Graph, length int) *Node {
	shape := shapes.Make(dtypes.Int32, 1, 1, length, length)
	after := GreaterThan(Iota(g, shape, 3), Iota(g, shape, 2))
	return MulScalar(ConvertDType(after, dtypes.Float32), masked)
}

// PaddingBias turns a mask [B, L] of float32, 1 for what may be seen and 0 for padding, into the bias
// [B, 1, 1, L] of attention to it.
func PaddingBias(mask *Node) *Node {
	return InsertAxes(MulScalar(OneMinus(mask), masked), 1, 1)
}

// NotPadding returns the mask [B, L] of ids [B, L]: 1 where the id is above 0, the padding's id.
func NotPadding(ids *Node) *Node {
	return ConvertDType(GreaterThan(ids, ZerosLike(ids)), dtypes.Float32)
}
