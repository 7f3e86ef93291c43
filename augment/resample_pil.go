package augment

import "github.com/pali3/pali3/internal/resample"

// Pillow resizes 8-bit images in whole numbers (Resample.c, ImagingResampleInner): along one axis,
// rounded to 8 bits, then along the other, rounded again, with weights of 22 binary places. Models
// that are published with transformers see images resized like that.

// pilBits are the binary places of the weights (PRECISION_BITS).
const pilBits = 32 - 8 - 2

// pilTaps are taps in whole numbers.
type pilTaps struct {
	first   int
	weights []int32
}

// ResizePIL returns the image at height x width with the pixels of Pillow's Image.resize, which
// always antialiases.
func (m *Image) ResizePIL(height, width int, filter Filter) *Image {
	if filter == Nearest {
		return m.nearest(height, width)
	}
	columns := inWholeNumbers(pil.axis(m.Width, width, filter, true), pilBits)
	rows := inWholeNumbers(pil.axis(m.Height, height, filter, true), pilBits)
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

// fixedAxis has the taps of an axis and the binary places of their weights.
type fixedAxis struct {
	taps []pilTaps
	bits int
}

// inWholeNumbers rounds the weights as normalize_coeffs_8bpc does.
func inWholeNumbers(axis []resample.Taps, bits int) fixedAxis {
	all := make([]pilTaps, len(axis))
	for i, exact := range axis {
		all[i] = pilTaps{exact.First, make([]int32, len(exact.Weights))}
		for j, w := range exact.Weights {
			if w < 0 {
				all[i].weights[j] = int32(-0.5 + w*float64(int(1)<<bits))
			} else {
				all[i].weights[j] = int32(0.5 + w*float64(int(1)<<bits))
			}
		}
	}
	return fixedAxis{all, bits}
}

// pilColumns resizes every row.
func (m *Image) pilColumns(columns fixedAxis) *Image {
	width, half := len(columns.taps), int32(1)<<(columns.bits-1)
	out := newImage(m.Height, width)
	for y := range m.Height {
		row, to := m.Pix[3*y*m.Width:][:3*m.Width], out.Pix[3*y*width:][:3*width]
		for x, c := range columns.taps {
			from := row[3*c.first:][:3*len(c.weights)]
			r, g, b := half, half, half
			for _, w := range c.weights {
				r += int32(from[0]) * w
				g += int32(from[1]) * w
				b += int32(from[2]) * w
				from = from[3:]
			}
			to[3*x], to[3*x+1], to[3*x+2] = clip8(r>>columns.bits), clip8(g>>columns.bits), clip8(b>>columns.bits)
		}
	}
	return out
}

// pilRows resizes every column.
func (m *Image) pilRows(rows fixedAxis) *Image {
	out := newImage(len(rows.taps), m.Width)
	stride := 3 * m.Width
	sums := make([]int32, stride)
	for y, r := range rows.taps {
		for x := range sums {
			sums[x] = 1 << (rows.bits - 1)
		}
		for i, w := range r.weights {
			for x, v := range m.Pix[(r.first+i)*stride:][:stride] {
				sums[x] += int32(v) * w
			}
		}
		for x, sum := range sums {
			out.Pix[y*stride+x] = clip8(sum >> rows.bits)
		}
	}
	return out
}

func clip8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

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
