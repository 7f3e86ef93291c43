package augment

import (
	"math"

	"github.com/pali3/pali3/internal/resample"
)

// Pillow resizes 8-bit images in whole numbers (Resample.c, ImagingResampleInner): along one axis,
// rounded to 8 bits, then along the other, rounded again, with weights of 22 binary places. Models
// that are published with transformers see images resized like that.

// pilBits are the binary places of the weights (PRECISION_BITS).
const pilBits = 32 - 8 - 2

// ResizePIL returns the image at height x width with the pixels of Pillow's Image.resize, which
// always antialiases.
func (m *Image) ResizePIL(height, width int, filter Filter) *Image {
	if filter == Nearest {
		return m.nearest(height, width)
	}
	columns := inWholeNumbers(m.Width, pil.axis(m.Width, width, filter, true), pilBits)
	rows := inWholeNumbers(m.Height, pil.axis(m.Height, height, filter, true), pilBits)
	switch {
	case width == m.Width && height == m.Height:
		return &Image{m.Height, m.Width, append([]uint8(nil), m.Pix...)}
	case width == m.Width:
		return m.pilRows(rows)
	case height == m.Height:
		return fixedColumns(m, columns)
	case pilRowsFirst(m, height, width):
		return fixedColumns(m.pilRows(rows), columns)
	}
	return fixedColumns(m, columns).pilRows(rows)
}

// pilRowsFirst reports whether a resize of both axes begins with the rows, as Pillow 13 was found
// to do.
func pilRowsFirst(from rowSource, height, width int) bool {
	fromHeight, fromWidth := from.Size()
	return height < fromHeight && fromHeight-height > 2*(fromWidth-width)
}

// resizePIL is ResizePIL of a JPEG whose rows are converted when their columns are resized, without
// an RGB image in between, unless Pillow does not begin with the columns.
func (s *stored) resizePIL(height, width int, filter Filter) *Image {
	fromHeight, fromWidth := s.Size()
	if filter == Nearest || width == fromWidth || pilRowsFirst(s, height, width) {
		return s.image().ResizePIL(height, width, filter)
	}
	defer s.release()
	out := fixedColumns(s, inWholeNumbers(fromWidth, pil.axis(fromWidth, width, filter, true), pilBits))
	if height == fromHeight {
		return out
	}
	return out.pilRows(inWholeNumbers(fromHeight, pil.axis(fromHeight, height, filter, true), pilBits))
}

// fixedAxis has the taps of an axis in whole numbers: the outputs' first samples, and for each the
// same number of weights.
type fixedAxis struct {
	source  int // samples that there are
	bits    int // binary places of the weights
	length  int
	first   []int
	weights []int32
}

func (a *fixedAxis) of(i int) []int32 { return a.weights[i*a.length:][:a.length] }

// inWholeNumbers rounds the weights as normalize_coeffs_8bpc does.
func inWholeNumbers(from int, axis []resample.Taps, bits int) *fixedAxis {
	a := &fixedAxis{source: from, bits: bits, first: make([]int, len(axis))}
	for _, exact := range axis {
		a.length = max(a.length, len(exact.Weights))
	}
	a.weights = make([]int32, a.length*len(axis))
	for i, exact := range axis {
		a.first[i] = min(exact.First, from-a.length) // at the end of the source, zeros come first
		weights := a.of(i)[exact.First-a.first[i]:]
		for j, w := range exact.Weights {
			weights[j] = int32(w*float64(int(1)<<bits) + math.Copysign(0.5, w))
		}
	}
	return a
}

// fixedColumns resizes every row, four at a time.
func fixedColumns(from rowSource, columns *fixedAxis) *Image {
	height, width := from.Size()
	out := newImage(height, len(columns.first))
	step := max(from.rowBytes(), 3*width)
	buffer := make([]uint8, 4*step+1)
	for y := 0; y < height; y += 4 {
		to, four := out.Pix[3*y*out.Width:], buffer
		if m, ok := from.(*Image); ok && y+4 < height {
			four = m.Pix[3*y*m.Width:]
		} else {
			for i := range min(4, height-y) {
				row := from.row(buffer[i*step:][:step], y+i)
				copy(buffer[i*step:], row) // from where it was cut out
			}
		}
		if y+4 <= height {
			gatherFixedRows(to, four, step, columns)
			continue
		}
		for i := range height - y {
			gatherFixed(to[3*i*out.Width:], four[i*step:], columns)
		}
	}
	return out
}

// pilRows resizes every column.
func (m *Image) pilRows(rows *fixedAxis) *Image {
	out := newImage(len(rows.first), m.Width)
	stride := 3 * m.Width
	sums := make([]int32, stride)
	for y, first := range rows.first {
		for x := range sums {
			sums[x] = 1 << (rows.bits - 1)
		}
		for i, w := range rows.of(y) {
			if w != 0 {
				addFixed(sums, m.Pix[(first+i)*stride:][:stride], w)
			}
		}
		clipFixed(out.Pix[y*stride:][:stride], sums, rows.bits)
	}
	return out
}

// nearestPIL returns the pixel under the centre of each of to outputs. Pillow finds the centres by
// adding up the ratio (Geometry.c, ImagingScaleAffine), and what rounding leaves decides between
// two pixels where a centre lies on their border.
func nearestPIL(from, to int) []resample.Taps {
	ratio := float64(from) / float64(to)
	centre := ratio * 0.5
	return each(to, func(int) resample.Taps {
		t := resample.Taps{First: min(int(centre), from-1), Weights: []float64{1}}
		centre += ratio
		return t
	})
}

// nearest takes the pixel under each centre.
func (m *Image) nearest(height, width int) *Image {
	out := newImage(height, width)
	columns := pil.axis(m.Width, width, Nearest, false)
	for y, row := range pil.axis(m.Height, height, Nearest, false) {
		for x, column := range columns {
			copy(out.Pix[3*(y*width+x):][:3], m.Pix[3*(row.First*m.Width+column.First):][:3])
		}
	}
	return out
}
