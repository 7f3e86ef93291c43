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
// resolution.
func ycbcrToRGB(out *Image, m *image.YCbCr, convention ycbcrRange) {
	byRow, byColumn := subsampling(m.SubsampleRatio)
	width, height := (out.Width+byColumn-1)/byColumn, (out.Height+byRow-1)/byRow
	cbRows := newUpsampler(m.Cb, m.CStride, width, height, byColumn, byRow, true)
	crRows := newUpsampler(m.Cr, m.CStride, width, height, byColumn, byRow, true)
	cb, cr := make([]uint8, width*byColumn+1), make([]uint8, width*byColumn+1)
	for y := range out.Height {
		cbRows.row(cb, y)
		crRows.row(cr, y)
		luma := m.Y[y*m.YStride:][:out.Width]
		convertRow(out.Pix[3*y*out.Width:][:3*out.Width], luma, cb, cr, convention)
	}
}

// upsampler brings a plane to full resolution, row by row, as libjpeg does by default ("fancy
// upsampling", jdsample.c): at half the resolution the weights are 3/4 and 1/4 towards the nearer
// neighbour in each direction; lower resolutions repeat the nearest sample.
type upsampler struct {
	pix           []uint8
	stride        int
	width, height int      // samples
	h, v          int      // pixels to a sample
	sums          []uint16 // a row at half the width, times 4, with a sample repeated at either end
}

// newUpsampler makes one of a plane. Without smooth, samples are repeated where otherwise columns
// would be interpolated.
func newUpsampler(pix []uint8, stride, width, height, h, v int, smooth bool) *upsampler {
	u := &upsampler{pix: pix, stride: stride, width: width, height: height, h: h, v: v}
	if h == 2 && v <= 2 && smooth {
		u.sums = make([]uint16, width+2)
	}
	return u
}

// row writes row y at full width to dst, which has room for width x h.
func (u *upsampler) row(dst []uint8, y int) {
	samples := func(i int) []uint8 { return u.pix[i*u.stride:][:u.width] }
	switch {
	case u.h == 1 && u.v == 1:
		copy(dst, samples(y))
	case u.sums != nil && u.v == 1:
		for i, v := range samples(y) {
			u.sums[i+1] = 4 * uint16(v)
		}
		widenRow(dst, repeatEnds(u.sums), 4, 8)
	case u.sums != nil:
		near, far := u.nearAndFar(y)
		sumRows(u.sums[1:u.width+1], samples(near), samples(far))
		widenRow(dst, repeatEnds(u.sums), 8, 7)
	case u.h == 1 && u.v == 2:
		near, far := u.nearAndFar(y)
		bias, f := uint16(1+y%2), samples(far)
		for i, v := range samples(near) {
			dst[i] = uint8((3*uint16(v) + uint16(f[i]) + bias) >> 2)
		}
	default:
		for i, v := range samples(y / u.v) {
			for x := range u.h {
				dst[i*u.h+x] = v
			}
		}
	}
}

// nearAndFar returns the rows of samples that row y lies between, the nearer first.
func (u *upsampler) nearAndFar(y int) (near, far int) {
	near = y / 2
	if y%2 == 0 {
		return near, max(near-1, 0)
	}
	return near, min(near+1, u.height-1)
}

func repeatEnds(sums []uint16) []uint16 {
	last := len(sums) - 1
	sums[0], sums[last] = sums[1], sums[last-1]
	return sums
}
