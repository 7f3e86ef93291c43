package version2

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

// newTree builds the tree of a span's lines: the two nodes of the least shares are joined until one
// is left (Huffman), so that a task's count is rounded more often the smaller its share is. The
// task first, if it is one, is a child of the root: its count is rounded once.
func newTree(lines []line, first int) *node {
	var nodes []*node
	var top *node
	for _, l := range lines {
		if n := (&node{line: l}); l.task == first {
			top = n
		} else {
			nodes = append(nodes, n)
		}
	}
	for len(nodes) > 1 {
		slices.SortStableFunc(nodes, func(a, b *node) int { return cmp.Compare(a.from+a.to, b.from+b.to) })
		nodes = append(nodes[2:], join(nodes[0], nodes[1]))
	}
	switch {
	case top == nil:
		return nodes[0]
	case len(nodes) == 0:
		return top
	}
	return join(top, nodes[0])
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
