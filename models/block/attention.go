package block

import (
	"math"
	"slices"

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

// Attend is softmax(q·kᵀ + bias + mask)·v for q [B, H, Lq, D], k and v [B, H, Lk, D]. Bias [1, H,
// Lq, Lk] and mask, which broadcasts to [B, H, Lq, Lk] and has no gradient, may be nil. It does not
// scale the scores: see Scale.
//
// With e = exp(scores - the largest of their row), z the sum of a row of e, and dy the gradient of
// the result y, those of the values and scores are
//
//	dv = eᵀ·(dy/z)    ds = e · ((dy/z)·vᵀ - the row's sum of (dy/z)·y)
//
// so that the probabilities e/z are never needed, and each matrix product transposes at most e and
// ds.
func Attend(q, k, v, bias, mask *Node) *Node {
	inputs := []*Node{q, k, v}
	if bias != nil {
		inputs = append(inputs, bias)
	}
	var e, inverse *Node
	forward := func() *Node {
		scores := timesKeys(q, k)
		for _, added := range []*Node{bias, mask} {
			if added != nil {
				scores = Add(scores, added)
			}
		}
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

// timesKeys is x·kᵀ for x [B, H, Lq, D] and k [B, H, Lk, D]: [B, H, Lq, Lk].
func timesKeys(x, k *Node) *Node {
	return DotGeneral(x, []int{3}, []int{0, 1}, k, []int{3}, []int{0, 1})
}

// timesValues is p·v for p [B, H, Lq, Lk] and v [B, H, Lk, D]: [B, H, Lq, D].
func timesValues(p, v *Node) *Node {
	return DotGeneral(p, []int{3}, []int{0, 1}, v, []int{2}, []int{0, 1})
}

// byKeys turns [B, H, Lq, Lk] into [B, H, Lk, Lq]. The Go backend does so on all cores in this form
// only.
func byKeys(x *Node) *Node {
	d := x.Shape().Dimensions
	x = TransposeAllAxes(Reshape(x, d[0]*d[1], d[2], d[3], 1), 0, 2, 1, 3)
	return Reshape(x, d[0], d[1], d[3], d[2])
}

// rowMax is the largest element of each row [..., 1]. The Go backend finds the largest of short
// rows seven times slower than it adds them; it is twice as fast over the first axis, transposed.
func rowMax(x *Node) *Node {
	d := slices.Clone(x.Shape().Dimensions)
	length := d[len(d)-1]
	d[len(d)-1] = 1
	if length > 64 {
		return ReduceAndKeep(x, ReduceMax, -1)
	}
	return Reshape(ReduceMax(Transpose(rows(x), 0, 1), 0), d...)
}

// Scale divides queries [..., D] by sqrt(D). T5 does not: its initial queries are smaller instead.
func Scale(q *Node) *Node { return MulScalar(q, 1/math.Sqrt(float64(width(q)))) }

// CausalBias returns [1, 1, L, L]: 0 where the key is at or before the query, a large negative
// number where it is after.
func CausalBias(g *Graph, length int) *Node {
	shape := shapes.Make(dtypes.Int32, 1, 1, length, length)
	after := GreaterThan(Iota(g, shape, 3), Iota(g, shape, 2))
	return MulScalar(ConvertDType(after, dtypes.Float32), masked)
}

// PaddingBias turns a mask [B, L] of float32, 1 for what may be seen and 0 for padding, into the
// bias [B, 1, 1, L] of attention to it.
func PaddingBias(mask *Node) *Node {
	return InsertAxes(MulScalar(OneMinus(mask), masked), 1, 1)
}

// NotPadding returns the mask [B, L] of ids [B, L]: 1 where the id is above 0, the padding's id.
func NotPadding(ids *Node) *Node {
	return ConvertDType(GreaterThan(ids, ZerosLike(ids)), dtypes.Float32)
}
