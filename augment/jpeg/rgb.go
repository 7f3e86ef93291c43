package jpeg

// RGB writes the image to dst as 8-bit RGB: 3 bytes a pixel, [Height, Width, 3]. Planes of half the
// resolution are interpolated, all values are those of libjpeg, and CMYK becomes RGB as in Pillow.
func (m *Image) RGB(dst []byte) {
	dst = dst[:3*m.Width*m.Height]
	for y := range m.Height {
		row := dst[3*y*m.Width:]
		m.RGBRow(row[:min(3*m.Width+rowSlack, len(row))], y) // the next row overwrites the rest
	}
}

// RGBRow writes row y of what [Image.RGB] writes, so that a caller can use rows without holding the
// whole image. Dst has 3 bytes a pixel. Where it is longer, RGBRow may overwrite up to 64 bytes
// behind the row, and is faster for it. An image serves one goroutine at a time.
func (m *Image) RGBRow(dst []byte, y int) {
	if !m.rows.ready {
		m.prepareRows()
	}
	for i := range m.Planes {
		m.rows.row[i] = m.rows.samplers[i].Row(m.rows.buffers[i], y)
	}
	m.rgbRow(dst, &m.rows.row)
}

// rowSlack is the number of bytes behind a row that RGBRow may overwrite.
const rowSlack = 64

// rowMemory is what it takes to bring rows of the planes to full resolution. It is kept from one
// file to the next.
type rowMemory struct {
	ready    bool
	samplers [4]Upsampler
	buffers  [4][]uint8
	row      [4][]uint8
}

// Interpolates reports whether [Image.RGB] interpolates between the rows and between the columns of
// a plane. At half the resolution, the weights are 3/4 for the sample that covers the pixel and 1/4
// for the nearest other one. Where it does not, it repeats samples.
func (m *Image) Interpolates(plane int) (rows, columns bool) {
	p := m.Planes[plane]
	smooth := m.smooth(p)
	return smooth && p.V == 2 && p.H <= 2, smooth && p.H == 2 && p.V <= 2
}

func (m *Image) smooth(p Plane) bool { return m.fancy && !(p.H == 2 && p.Width <= 2) }

func (m *Image) prepareRows() {
	for i, p := range m.Planes {
		smooth := m.smooth(p)
		m.rows.samplers[i].begin(p.Pix, p.Stride, p.Width, p.Height, p.H, p.V, smooth)
		m.rows.buffers[i] = resized(m.rows.buffers[i], m.rows.samplers[i].RowSize()+32)
	}
	m.rows.ready = true
}

// rgbRow converts a row.
func (m *Image) rgbRow(to []byte, rows *[4][]uint8) {
	if m.Model == YCbCr {
		n := m.roundedUp(to, rows)
		convertRow(to[:3*n], rows[0][:n], rows[1][:n], rows[2][:n])
		return
	}
	a, to := rows[0][:m.Width], to[:3*m.Width]
	switch m.Model {
	case Grey:
		for x, v := range a {
			to[3*x], to[3*x+1], to[3*x+2] = v, v, v
		}
	case YCCK:
		convertRow(to, a, rows[1], rows[2])
	case RGB, CMYK:
		b, c := rows[1][:len(a)], rows[2][:len(a)]
		for x, v := range a {
			to[3*x], to[3*x+1], to[3*x+2] = v, b[x], c[x]
		}
	}
	switch m.Model {
	case CMYK: // as Adobe stores it: 0 is full ink
		overBlack(to, rows[3][:m.Width], 0)
	case YCCK: // codes the complements of inks
		overBlack(to, rows[3][:m.Width], 255)
	}
}

// roundedUp returns the number of pixels to convert: the width, or somewhat more if that leaves the
// kernel no rest and all rows have room.
func (m *Image) roundedUp(to []byte, rows *[4][]uint8) int {
	n := (m.Width+15)/16*16 + 2
	if len(to) < 3*n || cap(rows[0]) < n || cap(rows[1]) < n || cap(rows[2]) < n {
		return m.Width
	}
	return n
}

// overBlack multiplies colours by the light that black lets through. Colours are complemented if
// the mask is 255.
func overBlack(to, black []uint8, mask uint8) {
	for x, k := range black {
		for c := range 3 {
			t := uint32(to[3*x+c]^mask)*uint32(k) + 128
			to[3*x+c] = uint8((t>>8 + t) >> 8)
		}
	}
}

// convertRowPortable converts a row from YCbCr of full range (JFIF; ITU-T T.871, section 7) to RGB,
// in steps of 1/65536 as libjpeg (jdcolor.c).
func convertRowPortable(to, luma, cb, cr []uint8) {
	cb, cr, to = cb[:len(luma)], cr[:len(luma)], to[:3*len(luma)]
	for x, v := range luma {
		l := int32(v)<<16 + 1<<15
		b, r := int32(cb[x])-128, int32(cr[x])-128
		to[3*x] = clamp8((l + 91881*r) >> 16)
		to[3*x+1] = clamp8((l - 22554*b - 46802*r) >> 16)
		to[3*x+2] = clamp8((l + 116130*b) >> 16)
	}
}

func clamp8(v int32) uint8 {
	if uint32(v) > 255 {
		v = ^(v >> 31)
	}
	return uint8(v)
}
