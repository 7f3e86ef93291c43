package block

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// AttendGrouped is attention in which groups of query heads share a head of keys and values
// (arXiv 2305.13245): softmax(cap(q·kᵀ) + mask)·v, [B, H, Lq, D], for q [B, H, Lq, D] and k and v
// [B, K, Lk, D], where H is a multiple of K. Query head h attends to head h·K/H of keys. Mask
// [B, 1, Lq, Lk] may be nil, may have 1 in place of B or Lq, and has no gradient.
//
// If softcap is above 0, cap(s) is softcap·tanh(s/softcap), which bounds the scores s as Gemma 2
// does (arXiv 2408.00118, section 2). Otherwise it is s.
//
// The queries of a group are rows of one matrix product, so keys and values are not repeated. The
// gradient is that of [Attend], times 1 - tanh² where scores are capped.
func AttendGrouped(q, k, v, mask *Node, softcap float64) *Node {
	d, heads := q.Shape().Dimensions, k.Shape().Dimensions[1]
	group := d[1] / heads
	q = Reshape(q, d[0], heads, group*d[2], d[3])
	var e, inverse, t *Node
	forward := func() *Node {
		scores := timesKeys(q, k)
		if softcap > 0 {
			t = tanh(DivScalar(scores, softcap))
			scores = MulScalar(t, softcap)
		}
		if mask != nil {
			scores = addToGroups(scores, mask, group)
		}
		e = Exp(Sub(scores, StopGradient(rowMax(scores))))
		inverse = Inverse(ReduceAndKeep(e, ReduceSum, -1))
		return Mul(timesValues(e, v), inverse)
	}
	y := withGradient([]*Node{q, k, v}, forward, func(y, dy *Node) []*Node {
		dy = Mul(dy, inverse)
		ds := Mul(e, Sub(timesKeys(dy, v), ReduceAndKeep(Mul(dy, y), ReduceSum, -1)))
		if softcap > 0 {
			ds = Mul(ds, OneMinus(Square(t)))
		}
		return []*Node{timesValues(ds, k), timesValues(byKeys(ds), q), timesValues(byKeys(e), dy)}
	})
	return Reshape(y, d...)
}

// addToGroups adds a mask [B, 1, Lq, Lk] to the scores [B, K, G·Lq, Lk] of groups of G heads.
func addToGroups(scores, mask *Node, group int) *Node {
	if group == 1 || mask.Shape().Dimensions[2] == 1 {
		return Add(scores, mask)
	}
	d := scores.Shape().Dimensions
	byHead := Reshape(scores, d[0], d[1], group, d[2]/group, d[3])
	return Reshape(Add(byHead, InsertAxes(mask, 1)), d...)
}

// AttendOneGrouped is [AttendGrouped] for one token's queries q [B, H, 1, D], whose keys and values
// [B, K, L, D] are in two places: those of a prompt and those of the ids since, for example. It
// does not copy them together. Mask is that of both in turn, [B, 1, 1, L0+L1].
func AttendOneGrouped(q *Node, keys, values [2]*Node, mask *Node, softcap float64) *Node {
	d, heads := q.Shape().Dimensions, keys[0].Shape().Dimensions[1]
	q = Reshape(q, d[0], heads, d[1]/heads, d[3]) // [B, K, G, D]
	var scores []*Node
	for _, k := range keys {
		scores = append(scores, DotGeneral(q, []int{3}, []int{0, 1}, k, []int{3}, []int{0, 1}))
	}
	all := Concatenate(scores, -1)
	if softcap > 0 {
		all = Softcap(all, softcap)
	}
	p := Softmax(Add(all, mask), -1)
	border := keys[0].Shape().Dimensions[2]
	found := Add(
		DotGeneral(SliceAxis(p, -1, AxisRange(0, border)), []int{3}, []int{0, 1}, values[0], []int{2}, []int{0, 1}),
		DotGeneral(SliceAxis(p, -1, AxisRange(border)), []int{3}, []int{0, 1}, values[1], []int{2}, []int{0, 1}))
	return Reshape(found, d...)
}
