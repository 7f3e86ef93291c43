package block

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/weights"
)

// masked is added to the score of a key that must not be attended to. It is finite, so that a row
// of padding alone does not become NaN.
const masked = -1e9

// SplitHeads turns [B, L, H*D] into [B, H, L, D].
func SplitHeads(x *Node, heads int) *Node {
	d := x.Shape().Dimensions
	if d[1] == 1 { // nothing to move
		return Reshape(x, d[0], heads, 1, d[2]/heads)
	}
	return TransposeAllAxes(Reshape(x, d[0], d[1], heads, d[2]/heads), 0, 2, 1, 3)
}

// MergeHeads turns [B, H, L, D] into [B, L, H*D].
func MergeHeads(x *Node) *Node {
	d := x.Shape().Dimensions
	if d[2] == 1 {
		return Reshape(x, d[0], 1, d[1]*d[3])
	}
	return Reshape(TransposeAllAxes(x, 0, 2, 1, 3), d[0], d[2], d[1]*d[3])
}

// Attend returns softmax(q·kᵀ + bias + mask)·v, [B, H, Lq, D], for q [B, H, Lq, D] and k and v
// [B, H, Lk, D]. Bias [1, H, Lq, Lk] may be nil, and so may mask, which broadcasts to
// [B, H, Lq, Lk] and has no gradient. Attend does not scale the scores: see [Scale].
//
// With e = exp(scores - the row's maximum), z the row's sum of e, and dy the gradient of the result
// y, the gradients of the values and the scores are
//
//	dv = eᵀ·(dy/z)    ds = e · ((dy/z)·vᵀ - the row's sum of (dy/z)·y)
//
// This never computes the probabilities e/z, and only e and ds are transposed for matrix products.
// Graphs that are not [tuned] compute the probabilities.
func Attend(q, k, v, bias, mask *Node) *Node {
	scores := func() *Node {
		scores := timesKeys(q, k)
		for _, added := range []*Node{bias, mask} {
			if added != nil {
				scores = Add(scores, added)
			}
		}
		return scores
	}
	if !tuned(q.Graph()) {
		return timesValues(Softmax(scores(), -1), v)
	}
	inputs := []*Node{q, k, v}
	if bias != nil {
		inputs = append(inputs, bias)
	}
	var e, inverse *Node
	forward := func() *Node {
		scores := scores()
		e = Exp(Sub(scores, StopGradient(rowMax(scores))))
		inverse = Inverse(ReduceAndKeep(e, ReduceSum, -1))
		return Mul(timesValues(e, v), inverse)
	}
	return withGradient(inputs, forward, func(y, dy *Node) []*Node {
		dy = Mul(dy, inverse)
		ds := Mul(e, Sub(timesKeys(dy, v), ReduceAndKeep(Mul(dy, y), ReduceSum, -1)))
		gradients := []*Node{timesValues(ds, k), timesValues(byKeys(ds), q), timesValues(byKeys(e), dy)}
		if bias != nil {
			gradients = append(gradients, ReduceAndKeep(ds, ReduceSum, 0))
		}
		return gradients
	})
}

// AttendOne is [Attend] for one query, q [B, H, 1, D], without a gradient. If the graph's weights
// are constants, so that it runs on the Go backend, it repeats the query: see [RowsAtOnce].
func AttendOne(s *weights.Scope, q, k, v, bias, mask *Node) *Node {
	if !s.Constant() {
		return Attend(q, k, v, bias, mask)
	}
	d := slices.Clone(q.Shape().Dimensions)
	d[2] = RowsAtOnce
	return Slice(Attend(BroadcastToDims(q, d...), k, v, bias, mask), AxisRange(), AxisRange(), AxisRange(0, 1))
}

// timesKeys is x·kᵀ for x [B, H, Lq, D] and k [B, H, Lk, D]: [B, H, Lq, Lk].
func timesKeys(x, k *Node) *Node {
	return DotGeneral(x, []int{3}, []int{0, 1}, k, []int{3}, []int{0, 1})
}

// timesValues is p·v for p [B, H, Lq, Lk] and v [B, H, Lk, D]: [B, H, Lq, D].
func timesValues(p, v *Node) *Node {
	return DotGeneral(p, []int{3}, []int{0, 1}, v, []int{2}, []int{0, 1})
}

// byKeys turns [B, H, Lq, Lk] into [B, H, Lk, Lq]. The Go backend uses all cores for the transpose
// only in this form.
func byKeys(x *Node) *Node {
	d := x.Shape().Dimensions
	x = TransposeAllAxes(Reshape(x, d[0]*d[1], d[2], d[3], 1), 0, 2, 1, 3)
	return Reshape(x, d[0], d[1], d[3], d[2])
}

// rowMax returns the largest element of each row, [..., 1]. For short rows the Go backend's maximum
// is seven times slower than its sum; transposed, over the first axis, it is twice as fast.
func rowMax(x *Node) *Node {
	d := slices.Clone(x.Shape().Dimensions)
	length := d[len(d)-1]
	d[len(d)-1] = 1
	if length > 64 {
		return ReduceAndKeep(x, ReduceMax, -1)
	}
	return Reshape(ReduceMax(Transpose(rows(x), 0, 1), 0), d...)
}

// Scale divides queries [..., D] by sqrt(D). T5 does not scale: it initialises queries smaller.
func Scale(q *Node) *Node { return MulScalar(q, 1/math.Sqrt(float64(width(q)))) }

// CausalBias returns [1, 1, L, L]: 0 where the key is at or before the query, a large negative
// number where it is after.
func CausalBias(g *Graph, length int) *Node {
	shape := shapes.Make(dtypes.Int32, 1, 1, length, length)
	after := GreaterThan(Iota(g, shape, 3), Iota(g, shape, 2))
	return MulScalar(ConvertDType(after, dtypes.Float32), masked)
}

// CausalBiasAt returns the row of [CausalBias] of the query at position, an int32 scalar:
// [1, 1, 1, L].
func CausalBiasAt(position *Node, length int) *Node {
	key := Iota(position.Graph(), shapes.Make(dtypes.Int32, 1, 1, 1, length), 3)
	return MulScalar(ConvertDType(GreaterThan(key, position), dtypes.Float32), masked)
}

// PaddingBias turns a float32 mask [B, L], 1 for tokens and 0 for padding, into the attention bias
// [B, 1, 1, L] that hides the padding.
func PaddingBias(mask *Node) *Node {
	return InsertAxes(MulScalar(OneMinus(mask), masked), 1, 1)
}

// NotPadding returns the mask [B, L] of ids [B, L]: 1 for ids above 0, which is the id of padding.
func NotPadding(ids *Node) *Node {
	return ConvertDType(GreaterThan(ids, ZerosLike(ids)), dtypes.Float32)
}
