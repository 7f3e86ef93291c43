package schedule

import (
	"cmp"
	"math"
	"slices"
)

// node divides its examples between two children, so that a tree of nodes divides those of a span
// among the tasks. A child's count is the nearest whole number to its ideal count at the time at
// which the node's own ideal count is its real one. It never falls when the node's count grows.
type node struct {
	line
	left, right *node // nil in a leaf
}

// newTree builds the tree of a span's lines. The task first, if it is one, is a child of the root:
// its count is rounded once. Strict is that of [Plan].
func newTree(lines []line, first int, strict bool) *node {
	var nodes, gone []*node
	var top *node
	for _, l := range lines {
		n := &node{line: l}
		switch {
		case l.task == first:
			top = n
		case strict && l.from == 0 && l.to == 0:
			gone = append(gone, n)
		default:
			nodes = append(nodes, n)
		}
	}
	rest := above(huffman(nodes), gone)
	switch {
	case top == nil:
		return rest
	case rest == nil:
		return top
	}
	return join(top, rest)
}

// huffman joins the two nodes of the least shares until one is left (Huffman 1952), so that a
// task's count is rounded more often the smaller its share is. It returns nil for no nodes.
func huffman(nodes []*node) *node {
	for len(nodes) > 1 {
		slices.SortStableFunc(nodes, func(a, b *node) int { return cmp.Compare(a.from+a.to, b.from+b.to) })
		nodes = append(nodes[2:], join(nodes[0], nodes[1]))
	}
	if len(nodes) == 0 {
		return nil
	}
	return nodes[0]
}

// above puts tasks without a share above the others. Each has the turns that it lacks, and the
// others, by their shares, have fewer or more than their ideal counts.
func above(rest *node, gone []*node) *node {
	for _, g := range gone {
		if rest == nil {
			rest = g
			rest.length = 1 // an end for divide, as no x reaches more than this node has
			continue
		}
		length := rest.length
		rest = join(g, rest)
		rest.length = length
	}
	return rest
}

func join(a, b *node) *node {
	l := line{task: -1, from: a.from + b.from, to: a.to + b.to, length: a.length, ahead: a.ahead + b.ahead}
	l.weight, l.total = l.from, 1
	if a.total == b.total {
		l.weight, l.total = a.weight+b.weight, a.total
	}
	return &node{l, a, b}
}

// apportion adds to the counts what each task has had of the first n examples of the span.
func (t *node) apportion(counts []int, n int) { t.divide(counts, n, float64(n)) }

// divide divides n examples, which the node's ideal count reaches at x.
func (t *node) divide(counts []int, n int, x float64) {
	if t.left == nil {
		counts[t.task] += n
		return
	}
	if t.length > 0 {
		x = min(x, t.length) // n may be above what the ideal count ever is
	}
	left := int(math.Floor(t.left.ideal(x) + 0.5))
	left = min(max(left, 0), n)
	t.left.divide(counts, left, t.left.reaches(float64(left)))
	t.right.divide(counts, n-left, t.right.reaches(float64(n-left)))
}
