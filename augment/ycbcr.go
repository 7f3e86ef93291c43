package augment

import (
	"image"

	"github.com/pali3/pali3/augment/jpeg"
)

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
	cb := jpeg.NewUpsampler(m.Cb, m.CStride, width, height, byColumn, byRow, true)
	cr := jpeg.NewUpsampler(m.Cr, m.CStride, width, height, byColumn, byRow, true)
	cbRow, crRow := make([]uint8, cb.RowSize()), make([]uint8, cr.RowSize())
	for y := range out.Height {
		luma := m.Y[y*m.YStride:][:out.Width]
		convertRow(out.Pix[3*y*out.Width:][:3*out.Width], luma, cb.Row(cbRow, y), cr.Row(crRow, y), convention)
	}
}
