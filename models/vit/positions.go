package vit

import (
	"fmt"
	"math"
)

// ResizePositions resizes a position table with rows and columns as in shape to the table of a grid
// of patches, [rows·columns, width]. The stored table is that of a square grid or, if its number of
// rows is not a square, of a grid in the proportions of the new one. Like big_vision's
// resample_posemb it interpolates bilinearly, aligns the corners of the two grids
// (scipy.ndimage.zoom of order 1) and does not antialias. Transformers interpolates bicubically,
// with other results.
func ResizePositions(table []float32, shape []int, rows, columns, width int) ([]float32, error) {
	if len(shape) != 2 || shape[1] != width || len(table) != shape[0]*shape[1] {
		return nil, fmt.Errorf("a position table of shape %v cannot be resized to %d by %d of width %d", shape, rows, columns, width)
	}
	fromRows, fromColumns, ok := gridOf(shape[0], rows, columns)
	if !ok {
		return nil, fmt.Errorf("a position table of %d rows is neither of a square grid nor of one in the proportions %d to %d", shape[0], rows, columns)
	}
	resized := make([]float32, 0, rows*columns*width)
	for y := range rows {
		top, bottom, down := neighbours(y, fromRows, rows)
		for x := range columns {
			left, right, across := neighbours(x, fromColumns, columns)
			for channel := range width {
				at := func(y, x int) float64 { return float64(table[(y*fromColumns+x)*width+channel]) }
				upper := at(top, left)*(1-across) + at(top, right)*across
				lower := at(bottom, left)*(1-across) + at(bottom, right)*across
				resized = append(resized, float32(upper*(1-down)+lower*down))
			}
		}
	}
	return resized, nil
}

// gridOf returns the grid of a stored table with n positions.
func gridOf(n, rows, columns int) (fromRows, fromColumns int, ok bool) {
	if side := int(math.Sqrt(float64(n)) + 0.5); side > 0 && side*side == n {
		return side, side, true
	}
	for fromRows := 1; fromRows <= n; fromRows++ {
		if n%fromRows == 0 && fromRows*columns == n/fromRows*rows {
			return fromRows, n / fromRows, true
		}
	}
	return 0, 0, false
}

// neighbours returns the two old coordinates around the new coordinate i, and its position between
// them from 0 to 1.
func neighbours(i, from, to int) (before, after int, share float64) {
	if to == 1 || from == 1 {
		return 0, 0, 0
	}
	at := float64(i) * float64(from-1) / float64(to-1)
	before = min(int(at), from-2)
	return before, before + 1, at - float64(before)
}
