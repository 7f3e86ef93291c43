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
		return m.pilColumns(columns)
	case height < m.Height && m.Height-height > 2*(m.Width-width): // as Pillow 13 was found to do
		return m.pilRows(rows).pilColumns(columns)
	}
	return m.pilColumns(columns).pilRows(rows)
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

// pilColumns resizes every row.
func (m *Image) pilColumns(columns *fixedAxis) *Image {
	out := newImage(m.Height, len(columns.first))
	for y := range m.Height {
		gatherFixed(out.Pix[3*y*out.Width:], m.Pix[3*y*m.Width:], columns)
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

// nearest takes the pixel under each centre.
func (m *Image) nearest(height, width int) *Image {
	out := newImage(height, width)
	var rows, columns taps
	rows.along(m.Height, height, Nearest, false)
	columns.along(m.Width, width, Nearest, false)
	for y, fromY := range rows.first {
		for x, fromX := range columns.first {
			copy(out.Pix[3*(y*width+x):][:3], m.Pix[3*(fromY*m.Width+fromX):][:3])
		}
	}
	return out
}
