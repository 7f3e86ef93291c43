package vit

import (
	"fmt"
	"math"
)

// ResizePositions makes the position table [grid·grid, width] from one of another square grid, as
// big_vision's resample_posemb does: bilinear interpolation in which the corners of one grid are
// the corners of the other (scipy.ndimage.zoom of order 1, "align corners"), without antialiasing.
// Transformers' own interpolation is bicubic and gives other numbers.
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

// neighbours returns the two old coordinates around new coordinate i, and how far it is from the
// first to the second.
func neighbours(i, from, to int) (before, after int, share float64) {
	if to == 1 || from == 1 {
		return 0, 0, 0
	}
	at := float64(i) * float64(from-1) / float64(to-1)
	before = min(int(at), from-2)
	return before, before + 1, at - float64(before)
}
