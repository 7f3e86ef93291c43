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
	return resize(table, shape, rows, columns, width, alignedTaps)
}

// ResizePositionsBicubic is like [ResizePositions], but interpolates like transformers'
// interpolate_pos_encoding: bicubically, without antialiasing and without aligning corners (torch's
// interpolate, mode "bicubic").
func ResizePositionsBicubic(table []float32, shape []int, rows, columns, width int) ([]float32, error) {
	return resize(table, shape, rows, columns, width, cubicTaps)
}

// tap is an old place and its share in a new one.
type tap struct {
	place int
	share float64
}

// resize interpolates along both axes. Taps returns what of an axis with from places the place i
// of to consists of.
func resize(table []float32, shape []int, rows, columns, width int, taps func(i, from, to int) []tap) ([]float32, error) {
	if len(shape) != 2 || shape[1] != width || len(table) != shape[0]*shape[1] {
		return nil, fmt.Errorf("a position table of shape %v cannot be resized to %d by %d of width %d", shape, rows, columns, width)
	}
	fromRows, fromColumns, ok := gridOf(shape[0], rows, columns)
	if !ok {
		return nil, fmt.Errorf("a position table of %d rows is neither of a square grid nor of one in the proportions %d to %d", shape[0], rows, columns)
	}
	resized := make([]float32, 0, rows*columns*width)
	for y := range rows {
		down := taps(y, fromRows, rows)
		for x := range columns {
			across := taps(x, fromColumns, columns)
			for channel := range width {
				sum := 0.0
				for _, v := range down {
					row := 0.0
					for _, h := range across {
						row += h.share * float64(table[(v.place*fromColumns+h.place)*width+channel])
					}
					sum += v.share * row
				}
				resized = append(resized, float32(sum))
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

// alignedTaps interpolates linearly between the places before and after, with the ends of both
// axes aligned.
func alignedTaps(i, from, to int) []tap {
	if to == 1 || from == 1 {
		return []tap{{0, 1}}
	}
	at := float64(i) * float64(from-1) / float64(to-1)
	before := min(int(at), from-2)
	share := at - float64(before)
	return []tap{{before, 1 - share}, {before + 1, share}}
}

// cubicTaps interpolates between four places by cubic convolution with a = -0.75, torch's
// constant; places beyond the ends repeat the last. Like torch, it finds the point in float32.
func cubicTaps(i, from, to int) []tap {
	const a = -0.75
	scale := float32(from) / float32(to)
	at := scale*(float32(i)+0.5) - 0.5
	begin := math.Floor(float64(at))
	t := float64(at) - begin
	near := func(x float64) float64 { return ((a+2)*x-(a+3))*x*x + 1 }
	far := func(x float64) float64 { return ((a*x-5*a)*x+8*a)*x - 4*a }
	all := []tap{{-1, far(t + 1)}, {0, near(t)}, {1, near(1 - t)}, {2, far(2 - t)}}
	for j := range all {
		all[j].place = min(max(all[j].place+int(begin), 0), from-1)
	}
	return all
}

// sincos2d returns the fixed positions of a grid, [rows·columns, width]: sines and cosines of the
// column, then of the row, at width/4 frequencies from 1 down to 1/10,000 (big_vision
// models/vit.py, posemb_sincos_2d, which follows MoCo v3).
func sincos2d(rows, columns, width int) [][]float32 {
	quarter := width / 4
	table := make([][]float32, 0, rows*columns)
	for y := range rows {
		for x := range columns {
			row := make([]float32, width)
			for k := range quarter {
				omega := math.Pow(10_000, -float64(k)/float64(quarter-1))
				sinX, cosX := math.Sincos(float64(x) * omega)
				sinY, cosY := math.Sincos(float64(y) * omega)
				row[k], row[quarter+k] = float32(sinX), float32(cosX)
				row[2*quarter+k], row[3*quarter+k] = float32(sinY), float32(cosY)
			}
			table = append(table, row)
		}
	}
	return table
}
