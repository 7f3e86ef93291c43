package benchmarks

import (
	"bytes"
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// Outline describes the pixels of an image that an object covers in one of COCO's forms: polygons
// or run lengths.
type Outline struct {
	Polygons [][]float64 `json:",omitempty"` // each x, y, x, y, ... in pixels; the object is their union
	Runs     []int64     `json:",omitempty"` // numbers of pixels outside, inside, outside, ..., in column-major order
	Size     [2]int      `json:",omitzero"`  // height and width for the runs
}

// UnmarshalJSON reads the member segmentation of an annotation.
func (o *Outline) UnmarshalJSON(b []byte) error {
	var own struct {
		Polygons [][]float64
		Runs     []int64
		Counts   json.RawMessage `json:"counts"`
		Size     [2]int
	}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] == '[' {
		return decodeOutline(b, &o.Polygons)
	}
	if err := decodeOutline(b, &own); err != nil {
		return err
	}
	o.Polygons, o.Runs, o.Size = own.Polygons, own.Runs, own.Size
	if len(own.Counts) == 0 {
		return nil
	}
	if own.Counts[0] != '"' {
		return decodeOutline(own.Counts, &o.Runs)
	}
	var text string
	err := decodeOutline(own.Counts, &text)
	if err == nil {
		o.Runs, err = parseRuns(text)
	}
	return err
}

func decodeOutline(b []byte, into any) error {
	return jsonv2.Unmarshal(b, into, options, json.UnmarshalArrayFromAnyLength(true))
}

// parseRuns reads run lengths in the text form of COCO's mask API (common/maskApi.c). Each
// character, minus 0x30, holds five bits, lowest first, and a sixth bit that is set if more follow.
// From the fourth on, a length is stored as the difference to the length two before it.
func parseRuns(text string) (runs []int64, err error) {
	for at := 0; at < len(text); {
		var run int64
		for shift := 0; ; shift += 5 {
			if at == len(text) || text[at] < 0x30 || text[at] > 0x6f || shift > 30 {
				return nil, fmt.Errorf("runs %.40q end badly at %d", text, at)
			}
			bits := int64(text[at] - 0x30)
			at++
			run |= bits & 31 << shift
			if bits&32 == 0 {
				if bits&16 != 0 {
					run |= -1 << (shift + 5)
				}
				break
			}
		}
		if len(runs) > 2 {
			run += runs[len(runs)-2]
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// Limits of an outline: the distance of a corner from the origin in pixels, and the total length of
// the edges in fifths of a pixel.
const (
	maxCorner = 1e5
	maxEdges  = 1 << 24
)

// mask is the set of pixels of an object within a part of an image, row by row.
type mask struct {
	image.Rectangle
	inside []bool
}

// draw returns the pixels that the outline covers in a part of an image of height x width.
func (o *Outline) draw(height, width int, part image.Rectangle) (*mask, error) {
	m := &mask{part, make([]bool, part.Dx()*part.Dy())}
	if len(o.Runs) > 0 {
		if o.Size != [2]int{height, width} {
			return nil, fmt.Errorf("an outline of %d by %d pixels on an image of %d by %d", o.Size[1], o.Size[0], width, height)
		}
		return m, m.drawRuns(o.Runs, height, width)
	}
	length := 0.0
	for _, corners := range o.Polygons {
		if len(corners)%2 != 0 {
			return nil, fmt.Errorf("an outline of %d numbers, which are no pairs", len(corners))
		}
		for i, v := range corners {
			if !(math.Abs(v) <= maxCorner) {
				return nil, fmt.Errorf("an outline with a corner at %g", v)
			}
			if length += 5 * math.Abs(v-corners[(i+len(corners)-2)%len(corners)]); length > maxEdges {
				return nil, errors.New("an outline that is too long")
			}
		}
		m.drawPolygon(corners, height, width)
	}
	return m, nil
}

func (m *mask) drawRuns(runs []int64, height, width int) error {
	at, all := int64(0), int64(height)*int64(width)
	for i, run := range runs {
		if run < 0 || run > all-at {
			return fmt.Errorf("run %d of an outline, of %d pixels, ends outside of the image", i, run)
		}
		for end := at + run; at < end; at++ {
			if i%2 == 0 {
				at = end
				break
			}
			if x, y := int(at/int64(height)), int(at%int64(height)); image.Pt(x, y).In(m.Rectangle) {
				m.inside[(y-m.Min.Y)*m.Dx()+x-m.Min.X] = true
			}
		}
	}
	return nil
}

// drawPolygon adds the pixels of a polygon by the rule of COCO's mask API: it rounds corners to
// fifths of a pixel and draws edges from fifth to fifth. Where an edge crosses the middle of a
// column, the column switches between outside and inside at the pixel below. (Products are rounded
// separately, so that every processor computes the same pixels.)
func (m *mask) drawPolygon(corners []float64, height, width int) {
	n := len(corners) / 2
	crossed := make([]bool, (m.Dy()+1)*m.Dx()) // an odd number of times, above each pixel of the part
	fifths := func(v float64) int { return int(5*v + .5) }
	var before image.Point
	first := true
	step := func(p image.Point) {
		if !first && p.X != before.X {
			m.cross(crossed, before, p, height, width)
		}
		before, first = p, false
	}
	for i := range n {
		j := (i + 1) % n
		edge(image.Pt(fifths(corners[2*i]), fifths(corners[2*i+1])), image.Pt(fifths(corners[2*j]), fifths(corners[2*j+1])), step)
	}
	for x := range m.Dx() {
		in := false
		for y := range m.Dy() {
			if crossed[y*m.Dx()+x] {
				in = !in
			}
			m.inside[y*m.Dx()+x] = m.inside[y*m.Dx()+x] || in
		}
	}
}

// edge calls step for the points of an edge, one for each unit along its longer side. The points
// are the same in both directions.
func edge(from, to image.Point, step func(image.Point)) {
	dx, dy := abs(to.X-from.X), abs(to.Y-from.Y)
	back := dx >= dy && from.X > to.X || dx < dy && from.Y > to.Y
	if back {
		from, to = to, from
	}
	for i := range max(dx, dy) + 1 {
		if back {
			i = max(dx, dy) - i
		}
		if dx >= dy {
			slope := 0.0
			if dx > 0 {
				slope = float64(to.Y-from.Y) / float64(dx)
			}
			step(image.Pt(from.X+i, int(float64(from.Y)+float64(slope*float64(i))+.5)))
		} else {
			slope := float64(to.X-from.X) / float64(dy)
			step(image.Pt(int(float64(from.X)+float64(slope*float64(i))+.5), from.Y+i))
		}
	}
}

func abs(v int) int { return max(v, -v) }

// cross records the crossing if a step to the left or right passes the middle of a column.
func (m *mask) cross(crossed []bool, from, to image.Point, height, width int) {
	left := to.X - 1
	if to.X < from.X {
		left = to.X
	}
	column := (float64(left)+.5)/5 - .5
	if math.Floor(column) != column || column < 0 || column > float64(width-1) {
		return
	}
	x := int(column)
	row := (float64(min(from.Y, to.Y))+.5)/5 - .5
	y := int(math.Ceil(min(max(row, 0), float64(height))))
	if x < m.Min.X || x >= m.Max.X || y >= m.Max.Y {
		return
	}
	at := max(y-m.Min.Y, 0)*m.Dx() + x - m.Min.X
	crossed[at] = !crossed[at]
}

// png encodes the mask, with white for the object. It returns nil for an empty mask.
func (m *mask) png() ([]byte, error) {
	paletted := image.NewPaletted(image.Rect(0, 0, m.Dx(), m.Dy()), color.Palette{color.Gray{0}, color.Gray{255}})
	some := false
	for i, inside := range m.inside {
		if inside {
			paletted.Pix[i], some = 1, true
		}
	}
	if !some {
		return nil, nil
	}
	var b bytes.Buffer
	err := png.Encode(&b, paletted)
	return b.Bytes(), err
}
