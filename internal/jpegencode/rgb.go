package jpegencode

import "image"

// RGB encodes 8-bit pixels, [height, width, 3], with chroma at half the height and width.
func RGB(pix []uint8, height, width, quality int) ([]byte, error) {
	e, err := encoderOf(quality)
	if err != nil {
		return nil, err
	}
	return e.encode(toYCbCr(pix, height, width)), nil
}

// YCbCr encodes planes with chroma at half the height and width.
func YCbCr(m *image.YCbCr, quality int) ([]byte, error) {
	e, err := encoderOf(quality)
	if err != nil {
		return nil, err
	}
	return e.encode(m), nil
}

// toYCbCr converts by JFIF 1.02, in fixed point of 16 bits. Chroma is computed from the mean of
// four pixels.
func toYCbCr(pix []uint8, height, width int) *image.YCbCr {
	out := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for y := range height {
		luma, row := out.Y[y*out.YStride:][:width], pix[3*y*width:][:3*width]
		for x := range luma {
			r, g, b := int32(row[3*x]), int32(row[3*x+1]), int32(row[3*x+2])
			luma[x] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
		}
	}
	for y := 0; y < height; y += 2 {
		above := pix[3*y*width:][:3*width]
		below := above
		if y+1 < height {
			below = pix[3*(y+1)*width:][:3*width]
		}
		cb, cr := out.Cb[y/2*out.CStride:], out.Cr[y/2*out.CStride:]
		for x := 0; x < width; x += 2 {
			i, j := 3*x, 3*min(x+1, width-1)
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
