package weights

import (
	"math"
	"slices"
)

// Layout is the order of axes in which a file stores a weight.
type Layout int

const (
	// AsUsed is the graph's own order.
	AsUsed Layout = iota
	// Transposed is torch's [out, in], for the graph's kernel [in, out].
	Transposed
	// PatchKernel is torch's convolution [width, 3, p, p], for the graph's patch embedding
	// [p*p*3, width] with rows ordered by (y, x, channel).
	PatchKernel
	// ConvKernel is torch's convolution [out, in, height, width], for the graph's
	// [height, width, in, out].
	ConvKernel
	// ConvTransposeKernel is torch's transposed convolution [in, out, height, width], for the
	// graph's [in, height, width, out].
	ConvTransposeKernel
)

// fileAxes gives, for the layouts that only reorder axes, the graph's axis at each axis of a file.
var fileAxes = map[Layout][]int{
	ConvKernel:          {3, 2, 0, 1},
	ConvTransposeKernel: {0, 3, 1, 2},
}

// FileShape returns the shape in a file of a weight with the given shape in the graph.
func (l Layout) FileShape(shape []int) []int {
	switch l {
	case Transposed:
		return []int{shape[1], shape[0]}
	case PatchKernel:
		side := patchSide(shape[0])
		return []int{shape[1], 3, side, side}
	case ConvKernel, ConvTransposeKernel:
		stored := make([]int, 4)
		for i, axis := range fileAxes[l] {
			stored[i] = shape[axis]
		}
		return stored
	default:
		return slices.Clone(shape)
	}
}

// patchSide returns p for p*p*3 rows.
func patchSide(rows int) int { return int(math.Sqrt(float64(rows/3)) + 0.5) }

// ToFile reorders the elements of a weight from the graph's order to the file's. Shape is the
// graph's.
func (l Layout) ToFile(values []float32, shape []int) []float32 {
	switch l {
	case AsUsed:
		return values
	case Transposed:
		return transpose(values, shape[0], shape[1])
	}
	stored := make([]float32, len(values))
	l.eachPair(shape, func(graph, file int) { stored[file] = values[graph] })
	return stored
}

// FromFile is the inverse of [Layout.ToFile]. Shape is the graph's.
func (l Layout) FromFile(stored []float32, shape []int) []float32 {
	switch l {
	case AsUsed:
		return stored
	case Transposed:
		return transpose(stored, shape[1], shape[0])
	}
	values := make([]float32, len(stored))
	l.eachPair(shape, func(graph, file int) { values[graph] = stored[file] })
	return values
}

// eachPair calls visit with each element's position in the graph's order and in the file's.
func (l Layout) eachPair(shape []int, visit func(graph, file int)) {
	if axes := fileAxes[l]; axes != nil {
		eachPermuted(shape, axes, visit)
		return
	}
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

// eachPermuted is eachPair for four axes in another order: axes[i] is the graph's axis at axis i of
// the file.
func eachPermuted(shape, axes []int, visit func(graph, file int)) {
	step := make([]int, 4) // by the graph's axis: how far apart neighbours lie in the file
	for i, next := 3, 1; i >= 0; i-- {
		step[axes[i]] = next
		next *= shape[axes[i]]
	}
	graph := 0
	for a := range shape[0] {
		for b := range shape[1] {
			for c := range shape[2] {
				for d := range shape[3] {
					visit(graph, a*step[0]+b*step[1]+c*step[2]+d*step[3])
					graph++
				}
			}
		}
	}
}
