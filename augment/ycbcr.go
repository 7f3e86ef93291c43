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
	cb, cr := make([]uint8, out.Width+1), make([]uint8, out.Width+1)
	for y := range out.Height {
		chromaRow(cb, m.Cb, m, y)
		chromaRow(cr, m.Cr, m, y)
		luma := m.Y[y*m.YStride:][:out.Width]
		to := out.Pix[3*y*out.Width:][:3*out.Width]
		for x, v := range luma {
			l := (int32(v)-convention.offset)*convention.luma + 1<<15
			b, r := int32(cb[x])-128, int32(cr[x])-128
			to[3*x] = clamp8((l + convention.crToR*r) >> 16)
			to[3*x+1] = clamp8((l - convention.cbToG*b - convention.crToG*r) >> 16)
			to[3*x+2] = clamp8((l + convention.cbToB*b) >> 16)
		}
	}
}

func clamp8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// chromaRow writes the chroma of row y at full width to dst, which has room for an even width.
func chromaRow(dst, plane []uint8, m *image.YCbCr, y int) {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	row := func(i, samples int) []uint8 { return plane[i*m.CStride:][:samples] }
	half := (width + 1) / 2
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		copy(dst, row(y, width))
	case image.YCbCrSubsampleRatio422:
		widen422(dst, row(y, half))
	case image.YCbCrSubsampleRatio420:
		near, far := nearAndFar(y, height)
		widen420(dst, row(near, half), row(far, half))
	case image.YCbCrSubsampleRatio440:
		near, far := nearAndFar(y, height)
		bias := uint16(1 + y%2)
		f := row(far, width)
		for i, v := range row(near, width) {
			dst[i] = uint8((3*uint16(v) + uint16(f[i]) + bias) >> 2)
		}
	default:
		for x := range width {
			dst[x] = plane[m.COffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)]
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

func widen422(dst, c []uint8) {
	last := len(c) - 1
	for i, v := range c {
		left, right := uint16(c[max(i-1, 0)]), uint16(c[min(i+1, last)])
		dst[2*i] = uint8((3*uint16(v) + left + 1) >> 2)
		dst[2*i+1] = uint8((3*uint16(v) + right + 2) >> 2)
	}
}

func widen420(dst, near, far []uint8) {
	last := len(near) - 1
	sum := func(i int) uint16 { return 3*uint16(near[i]) + uint16(far[i]) }
	left, here := sum(0), sum(0)
	for i := range near {
		right := sum(min(i+1, last))
		dst[2*i] = uint8((3*here + left + 8) >> 4)
		dst[2*i+1] = uint8((3*here + right + 7) >> 4)
		left, here = here, right
	}
}
