package weights

import (
	"math"
	"slices"
)

// Layout says how a file stores a weight that the graph uses in another order of axes.
type Layout int

const (
	// AsUsed: the file's axes are the graph's.
	AsUsed Layout = iota
	// Transposed: the graph's kernel is [in, out], the file's is torch's [out, in].
	Transposed
	// PatchKernel: the graph's kernel of the patch embedding is [p*p*3, width], its rows ordered by
	// (y, x, channel); the file's is torch's convolution [width, 3, p, p].
	PatchKernel
)

// FileShape returns the shape in the file of a weight that the graph uses in the given shape.
func (l Layout) FileShape(shape []int) []int {
	switch l {
	case Transposed:
		return []int{shape[1], shape[0]}
	case PatchKernel:
		side := patchSide(shape[0])
		return []int{shape[1], 3, side, side}
	default:
		return slices.Clone(shape)
	}
}

// patchSide returns p for p*p*3 rows.
func patchSide(rows int) int { return int(math.Sqrt(float64(rows/3)) + 0.5) }

// ToFile reorders the elements of a weight of the given graph shape as the file stores them.
func (l Layout) ToFile(values []float32, shape []int) []float32 {
	if l == AsUsed {
		return values
	}
	stored := make([]float32, len(values))
	l.eachPair(shape, func(graph, file int) { stored[file] = values[graph] })
	return stored
}

// FromFile is the inverse of ToFile; shape is the graph's.
func (l Layout) FromFile(stored []float32, shape []int) []float32 {
	if l == AsUsed {
		return stored
	}
	values := make([]float32, len(stored))
	l.eachPair(shape, func(graph, file int) { values[graph] = stored[file] })
	return values
}

// eachPair calls visit with the position of every element in the graph's order and in the file's.
func (l Layout) eachPair(shape []int, visit func(graph, file int)) {
	rows, columns := shape[0], shape[1]
	side := patchSide(rows)
	for row := range rows {
		stored := row
		if l == PatchKernel {
			stored = row%3*side*side + row/3 // (y, x, channel) to (channel, y, x)
		}
		for column := range columns {
			visit(row*columns+column, column*rows+stored)
		}
	}
}
