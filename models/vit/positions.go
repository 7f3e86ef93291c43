package vit

import (
	"fmt"
	"math"
)

// ResizePositions resizes a position table of any square grid, with rows and columns as in shape,
// to [grid·grid, width]. Like big_vision's resample_posemb it interpolates bilinearly, aligns the
// corners of the two grids (scipy.ndimage.zoom of order 1) and does not antialias. Transformers
// interpolates bicubically, with other results.
func ResizePositions(table []float32, shape []int, grid, width int) ([]float32, error) {
	if len(shape) != 2 || shape[1] != width || len(table) != shape[0]*shape[1] {
		return nil, fmt.Errorf("a position table of shape %v cannot be resized to %d by %d of width %d", shape, grid, grid, width)
	}
	from := int(math.Sqrt(float64(shape[0])) + 0.5)
	if from < 1 || from*from != shape[0] {
		return nil, fmt.Errorf("a position table of %d rows is not of a square grid", shape[0])
	}
	resized := make([]float32, 0, grid*grid*width)
	for y := range grid {
		top, bottom, down := neighbours(y, from, grid)
		for x := range grid {
			left, right, across := neighbours(x, from, grid)
			for channel := range width {
				at := func(y, x int) float64 { return float64(table[(y*from+x)*width+channel]) }
				upper := at(top, left)*(1-across) + at(top, right)*across
				lower := at(bottom, left)*(1-across) + at(bottom, right)*across
				resized = append(resized, float32(upper*(1-down)+lower*down))
			}
		}
	}
	return resized, nil
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
