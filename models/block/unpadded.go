package block

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Unpadded holds B sequences of up to L positions as N rows without padding, for layers that treat
// each position by itself: linear maps, norms, perceptrons and the loss. Attention sees the padded
// sequences, into and out of which [Unpadded.SplitHeads] and [Unpadded.MergeHeads] move rows where
// they would transpose them anyway.
//
// N is at least the number of positions that are not padding. Rows beyond those are spare: they
// hold some position of padding, which takes part in no result. So results and gradients are those
// of padded sequences.
//
// A nil *Unpadded means padded sequences, [B, L, W] in place of [N, W].
type Unpadded struct {
	// Places [N], int32, is the place of each row among the B·L positions; that of spare rows is
	// any position of padding.
	Places *Node
	// Rows [B, L], int32, is the row of each position; that of padding is the last row, which is
	// spare.
	Rows *Node
}

// length returns L.
func (u *Unpadded) length() int { return u.Rows.Shape().Dimensions[1] }

// Take picks the rows of ids or weights [B, L]: [N]. If u is nil it returns x.
func (u *Unpadded) Take(x *Node) *Node {
	if u == nil {
		return x
	}
	return Gather(Reshape(x, -1), InsertAxes(u.Places, -1))
}

// Pad turns numbers [N] into [B, L], without a gradient.
func (u *Unpadded) Pad(x *Node) *Node { return Gather(StopGradient(x), InsertAxes(u.Rows, -1)) }

// After returns the layout of sequences that begin with n more positions each, none of which is
// padding: B·n+N rows, those of the first positions of all sequences first.
func (u *Unpadded) After(n int) *Unpadded {
	batch, length := u.Rows.Shape().Dimensions[0], u.length()
	first := make([][]int32, batch)
	places := make([]int32, 0, batch*n)
	for b := range first {
		for i := range n {
			first[b] = append(first[b], int32(b*n+i))
			places = append(places, int32(b*(n+length)+i))
		}
	}
	g := u.Rows.Graph()
	sequence := DivScalar(u.Places, length)
	rest := Add(u.Places, MulScalar(AddScalar(sequence, 1), n))
	return &Unpadded{
		Places: Concatenate([]*Node{Const(g, places), rest}, 0),
		Rows:   Concatenate([]*Node{Const(g, first), AddScalar(u.Rows, batch*n)}, 1),
	}
}

// SplitHeads turns rows [N, H*D] into heads of padded sequences, [B, H, L, D]. If u is nil it is
// [SplitHeads].
func (u *Unpadded) SplitHeads(x *Node, heads int) *Node {
	if u == nil {
		return SplitHeads(x, heads)
	}
	return withGradient([]*Node{x},
		func() *Node { return u.split(x, heads) },
		func(_, dy *Node) []*Node { return []*Node{u.merge(dy)} })
}

// MergeHeads turns heads [B, H, L, D] into rows [N, H*D]. If u is nil it is [MergeHeads].
func (u *Unpadded) MergeHeads(x *Node) *Node {
	if u == nil {
		return MergeHeads(x)
	}
	heads := x.Shape().Dimensions[1]
	return withGradient([]*Node{x},
		func() *Node { return u.merge(x) },
		func(_, dy *Node) []*Node { return []*Node{u.split(dy, heads)} })
}

// split gathers the heads of each position, of which row n has those from n·H on.
func (u *Unpadded) split(x *Node, heads int) *Node {
	d := x.Shape().Dimensions
	first := MulScalar(InsertAxes(u.Rows, 1, -1), heads) // [B, 1, L, 1]
	head := make([][]int32, heads)
	for h := range head {
		head[h] = []int32{int32(h)}
	}
	at := Add(first, InsertAxes(Const(x.Graph(), head), 0, -1)) // [B, H, L, 1]
	return Gather(Reshape(x, d[0]*heads, d[1]/heads), at)
}

// merge gathers the heads of each row: head h at position l of sequence b is (b·H + h)·L + l.
func (u *Unpadded) merge(x *Node) *Node {
	d := x.Shape().Dimensions
	heads, length := d[1], d[2]
	sequence := DivScalar(u.Places, length)
	first := Add(u.Places, MulScalar(sequence, (heads-1)*length)) // b·H·L + l, [N]
	offsets := make([]int32, heads)
	for h := range offsets {
		offsets[h] = int32(h * length)
	}
	at := Add(InsertAxes(first, -1), InsertAxes(Const(x.Graph(), offsets), 0)) // [N, H]
	found := Gather(Reshape(x, d[0]*heads*length, d[3]), InsertAxes(at, -1))   // [N, H, D]
	return Reshape(found, u.Places.Shape().Dimensions[0], heads*d[3])
}
