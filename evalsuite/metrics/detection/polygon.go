package detection

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Limits of a polygon: the distance of a corner from the origin in pixels, and the total length of
// the edges of all polygons of an object in fifths of a pixel.
const (
	maxCorner = 1e6
	maxEdges  = 1 << 25
)

// PolygonMask returns the pixels in any of the polygons, each x, y, x, y, ... in pixels (maskApi.c,
// rleFrPoly and rleMerge). A column of pixels switches between outside and inside where an edge
// crosses its middle.
func PolygonMask(polygons [][]float64, height, width int) (*Mask, error) {
	if err := checkSize(height, width); err != nil {
		return nil, err
	}
	if len(polygons) == 0 {
		return nil, errors.New("an outline without polygons")
	}
	if err := checkPolygons(polygons); err != nil {
		return nil, err
	}
	masks := make([]*Mask, len(polygons))
	for i, corners := range polygons {
		masks[i] = drawPolygon(corners, height, width)
	}
	return Union(masks...)
}

// BoxMask returns the mask of a box as pycocotools draws a detection that has no mask.
func BoxMask(b Box, height, width int) (*Mask, error) {
	x0, y0, x1, y1 := b[0], b[1], b[0]+b[2], b[1]+b[3]
	return PolygonMask([][]float64{{x0, y0, x0, y1, x1, y1, x1, y0}}, height, width)
}

func checkPolygons(polygons [][]float64) error {
	length := 0.0
	for _, corners := range polygons {
		if len(corners)%2 != 0 || len(corners) < 2 {
			return fmt.Errorf("a polygon of %d numbers, want pairs of x and y", len(corners))
		}
		for i, v := range corners {
			if !(math.Abs(v) <= maxCorner) {
				return fmt.Errorf("a polygon with a corner at %g, want -%g to %g", v, maxCorner, maxCorner)
			}
			if length += 5 * math.Abs(v-corners[(i+len(corners)-2)%len(corners)]); length > maxEdges {
				return fmt.Errorf("a polygon whose edges have more than %d pixels", maxEdges/5)
			}
		}
	}
	return nil
}

// point is a point of an edge in fifths of a pixel.
type point struct{ x, y int }

// drawPolygon returns the pixels in a polygon. It collects the places in column-major order where
// columns switch between outside and inside; sorted, they are the ends of runs.
func drawPolygon(corners []float64, height, width int) *Mask {
	fifths := func(v float64) int { return int(float64(5*v) + .5) }
	points := make([]point, len(corners)/2)
	for i := range points {
		points[i] = point{fifths(corners[2*i]), fifths(corners[2*i+1])}
	}
	var ends []uint32
	before := points[0]
	for i, from := range points {
		edge(from, points[(i+1)%len(points)], func(p point) {
			if p.x != before.x {
				if at, ok := crossing(before, p, height, width); ok {
					ends = append(ends, at)
				}
			}
			before = p
		})
	}
	slices.Sort(ends)
	return &Mask{height, width, runsBetween(ends, uint32(height*width))}
}

// edge calls step for the points of an edge, one for each unit of its longer side. They are the
// same in both directions. Products are rounded before they are added, so that every processor
// computes the same points.
func edge(from, to point, step func(point)) {
	dx, dy := abs(to.x-from.x), abs(to.y-from.y)
	flip := dx >= dy && from.x > to.x || dx < dy && from.y > to.y
	if flip {
		from, to = to, from
	}
	n := max(dx, dy)
	slope := 0.0
	switch {
	case n == 0:
	case dx >= dy:
		slope = float64(to.y-from.y) / float64(dx)
	default:
		slope = float64(to.x-from.x) / float64(dy)
	}
	for i := range n + 1 {
		t := i
		if flip {
			t = n - i
		}
		along := float64(slope * float64(t))
		if dx >= dy {
			step(point{from.x + t, int(float64(from.y) + along + .5)})
		} else {
			step(point{int(float64(from.x) + along + .5), from.y + t})
		}
	}
}

func abs(v int) int { return max(v, -v) }

// crossing returns the place of the pixel below a step to the left or right, if the step passes the
// middle of a column of the image.
func crossing(before, p point, height, width int) (at uint32, ok bool) {
	x := p.x - 1
	if p.x < before.x {
		x = p.x
	}
	column := (float64(x)+.5)/5 - .5
	if math.Floor(column) != column || column < 0 || column > float64(width-1) {
		return 0, false
	}
	row := (float64(min(p.y, before.y))+.5)/5 - .5
	row = math.Ceil(min(max(row, 0), float64(height)))
	return uint32(int(column)*height + int(row)), true
}

// runsBetween returns the lengths of the runs between sorted ends. A run of no pixels joins its
// neighbours, except the first one.
func runsBetween(ends []uint32, all uint32) []uint32 {
	counts := make([]uint32, 0, len(ends)+1)
	last, joins := uint32(0), false
	for i, end := range append(ends, all) {
		n := end - last
		last = end
		switch {
		case joins:
			counts[len(counts)-1] += n
			joins = false
		case n == 0 && i > 0:
			joins = true
		default:
			counts = append(counts, n)
		}
	}
	return counts
}
