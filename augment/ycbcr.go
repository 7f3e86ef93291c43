package augment

import "image"

// ycbcrRange holds the coefficients of a conversion from YCbCr, in 1/65536.
type ycbcrRange struct{ luma, offset, crToR, cbToG, crToG, cbToB int32 }

var (
	// fullRange is JFIF: luma and chroma use 0 to 255 (ITU-T T.871, section 7).
	fullRange = ycbcrRange{65536, 0, 91881, 22554, 46802, 116130}
	// videoRange is ITU-R BT.601: luma from 16 to 235, chroma from 16 to 240, as in lossy WebP.
	videoRange = ycbcrRange{76309, 16, 104597, 25675, 53279, 132201}
)

// ycbcrToRGB converts with the chroma interpolated between its samples where it has half the
// resolution, as libjpeg does by default ("fancy upsampling", jdsample.c: weights 3/4 and 1/4 towards
// the nearer neighbour in each direction); the rarer quarter resolutions repeat the nearest sample.
func ycbcrToRGB(out *Image, m *image.YCbCr, convention ycbcrRange) {
	c := chroma{m, make([]uint16, out.Width/2+3)}
	cb, cr := make([]uint8, out.Width+1), make([]uint8, out.Width+1)
	for y := range out.Height {
		c.row(cb, m.Cb, y)
		c.row(cr, m.Cr, y)
		luma := m.Y[y*m.YStride:][:out.Width]
		convertRow(out.Pix[3*y*out.Width:][:3*out.Width], luma, cb, cr, convention)
	}
}

// chroma brings the chroma planes of m to full resolution, row by row.
type chroma struct {
	m    *image.YCbCr
	sums []uint16 // a row at half the width, times 4, with a sample repeated at either end
}

// row writes the chroma of row y at full width to dst, which has room for an even width.
func (c *chroma) row(dst, plane []uint8, y int) {
	width, height := c.m.Rect.Dx(), c.m.Rect.Dy()
	half := (width + 1) / 2
	samples := func(i, n int) []uint8 { return plane[i*c.m.CStride:][:n] }
	switch c.m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		copy(dst, samples(y, width))
	case image.YCbCrSubsampleRatio422:
		sums := c.sums[:half+2]
		for i, v := range samples(y, half) {
			sums[i+1] = 4 * uint16(v)
		}
		widenRow(dst, repeatEnds(sums), 4, 8)
	case image.YCbCrSubsampleRatio420:
		near, far := nearAndFar(y, height)
		sums := c.sums[:half+2]
		sumRows(sums[1:half+1], samples(near, half), samples(far, half))
		widenRow(dst, repeatEnds(sums), 8, 7)
	case image.YCbCrSubsampleRatio440:
		near, far := nearAndFar(y, height)
		bias, f := uint16(1+y%2), samples(far, width)
		for i, v := range samples(near, width) {
			dst[i] = uint8((3*uint16(v) + uint16(f[i]) + bias) >> 2)
		}
	default:
		for x := range width {
			dst[x] = plane[c.m.COffset(c.m.Rect.Min.X+x, c.m.Rect.Min.Y+y)]
		}
	}
}

// nearAndFar returns the chroma rows that the luma row y lies between, the nearer first.
func nearAndFar(y, height int) (near, far int) {
	near = y / 2
	if y%2 == 0 {
		return near, max(near-1, 0)
	}
	return near, min(near+1, (height+1)/2-1)
}

func repeatEnds(sums []uint16) []uint16 {
	last := len(sums) - 1
	sums[0], sums[last] = sums[1], sums[last-1]
	return sums
}
