package block

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Segments say which example each position of packed rows belongs to. A packed row holds several
// examples, its segments, which do not see each other. They are numbered from 1 in each row, and 0
// is padding (t5x and seqio call these segment ids). The positions of a segment stand together, in
// order. All nodes are int32.
type Segments struct {
	// Encoder [B, Le] and Decoder [B, Ld] are the segments of ids.
	Encoder, Decoder *Node
	// Images [B, N] are the segments of images. Nil if there are none.
	Images *Node
	// PerRow is the most segments of a row, S.
	PerRow int
}

// SegmentBias returns the attention bias [B, 1, Lq, Lk] for queries and keys of the given segments,
// [B, Lq] and [B, Lk]: 0 within a segment, a large negative number from one segment to another (t5x
// examples/t5/layers.py, make_attention_mask of segment ids).
func SegmentBias(queries, keys *Node) *Node {
	other := NotEqual(InsertAxes(queries, 1, -1), InsertAxes(keys, 1, 1))
	return MulScalar(ConvertDType(other, dtypes.Float32), masked)
}

// SumSegments adds up x [B, L] by segment: [B·S], the S segments of each row in turn.
func SumSegments(x, segments *Node, perRow int) *Node {
	numbers := OnePlus(Iota(x.Graph(), shapes.Make(dtypes.Int32, 1, perRow, 1), 1))
	of := ConvertDType(Equal(InsertAxes(segments, 1), numbers), x.DType()) // [B, S, L]
	return Reshape(ReduceSum(Mul(of, InsertAxes(x, 1)), -1), -1)
}

// SegmentOrder is the order of the positions of packed rows by segment, with padding last.
// Positions of the same segment keep their order. With it a model whose rows begin with the tokens
// of all images brings those of a segment before the text of that segment, so that the distance of
// two positions of a segment is what it is in an unpacked row.
type SegmentOrder struct {
	from *Node // [B, L]: the place among B·L positions of each position of the sorted rows
	to   *Node // [B·L]: the place among B·L sorted positions of each position
}

// OrderBySegment returns the order of positions of the given segments [B, L].
func OrderBySegment(segments *Node) SegmentOrder {
	g, d := segments.Graph(), segments.Shape().Dimensions
	batch, length := d[0], d[1]
	at := Iota(g, shapes.Make(dtypes.Int32, batch, length), 1)
	first := MulScalar(Iota(g, shapes.Make(dtypes.Int32, batch, length), 0), length)
	padding := Equal(segments, ZerosLike(segments))
	last := AddScalar(ZerosLike(segments), length+1) // beyond every segment, of which there are at most L
	key := Add(MulScalar(Where(padding, last, segments), length), at)
	before := LessThan(InsertAxes(key, 1), InsertAxes(key, -1)) // [B, position, other]
	rank := ReduceSum(ConvertDType(before, dtypes.Int32), -1)   // [B, L]
	sorted := Iota(g, shapes.Make(dtypes.Int32, batch, length, length), 1)
	is := ConvertDType(Equal(sorted, InsertAxes(rank, 1)), dtypes.Int32) // [B, sorted, position]
	from := ReduceSum(Mul(is, Iota(g, shapes.Make(dtypes.Int32, batch, length, length), 2)), -1)
	return SegmentOrder{Add(first, from), Reshape(Add(first, rank), -1)}
}

// Sort sorts numbers [B, L] that have no gradient.
func (o SegmentOrder) Sort(x *Node) *Node {
	return Gather(Reshape(StopGradient(x), -1), InsertAxes(o.from, -1))
}

// SortTokens sorts tokens x [B, L, W].
func (o SegmentOrder) SortTokens(x *Node) *Node {
	d := x.Shape().Dimensions
	move := func(x, at *Node) *Node {
		return Reshape(Gather(Reshape(x, -1, d[2]), InsertAxes(at, -1)), d...)
	}
	return withGradient([]*Node{x},
		func() *Node { return move(x, o.from) },
		func(_, dy *Node) []*Node { return []*Node{move(dy, o.to)} })
}

// Rows returns the layout in which attention sees the sorted positions of tokens that are laid out
// by u: nil for tokens [B·L, W] of unsorted rows with their padding.
func (o SegmentOrder) Rows(u *Unpadded) *Unpadded {
	if u == nil {
		return &Unpadded{Places: o.to, Rows: o.from}
	}
	return &Unpadded{Places: Gather(o.to, InsertAxes(u.Places, -1)), Rows: o.Sort(u.Rows)}
}
