package resize

import (
	"image"

	"github.com/pali3/pali3/augment"
)

// encodeJPEG encodes an image with chroma at half the height and width.
func encodeJPEG(m *augment.Image, quality int) ([]byte, error) {
	e, err := encoderOf(quality)
	if err != nil {
		return nil, err
	}
	return e.encode(toYCbCr(m)), nil
}

// toYCbCr converts by JFIF 1.02, in fixed point of 16 bits. Chroma is computed from the mean of
// four pixels.
func toYCbCr(m *augment.Image) *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, m.Width, m.Height), image.YCbCrSubsampleRatio420)
	for y := range m.Height {
		luma, row := out.Y[y*out.YStride:][:m.Width], m.Pix[3*y*m.Width:][:3*m.Width]
		for x := range luma {
			r, g, b := int32(row[3*x]), int32(row[3*x+1]), int32(row[3*x+2])
			luma[x] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
		}
	}
	for y := 0; y < m.Height; y += 2 {
		above := m.Pix[3*y*m.Width:][:3*m.Width]
		below := above
		if y+1 < m.Height {
			below = m.Pix[3*(y+1)*m.Width:][:3*m.Width]
		}
		cb, cr := out.Cb[y/2*out.CStride:], out.Cr[y/2*out.CStride:]
		for x := 0; x < m.Width; x += 2 {
			i, j := 3*x, 3*min(x+1, m.Width-1)
			r := int32(above[i]) + int32(above[j]) + int32(below[i]) + int32(below[j])
			g := int32(above[i+1]) + int32(above[j+1]) + int32(below[i+1]) + int32(below[j+1])
			b := int32(above[i+2]) + int32(above[j+2]) + int32(below[i+2]) + int32(below[j+2])
			cb[x/2] = clamp8((-11056*r - 21712*g + 32768*b + 257<<17) >> 18)
			cr[x/2] = clamp8((32768*r - 27440*g - 5328*b + 257<<17) >> 18)
		}
	}
	return out
}

func clamp8(v int32) uint8 { return uint8(min(max(v, 0), 255)) }
