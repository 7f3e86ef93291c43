package imagefile

import "image"

// Image joins the stored RGB and alpha, nil if all is opaque, of an image with this header into an
// upright one.
func (i Info) Image(rgb, alpha []uint8) *image.NRGBA {
	width, height := i.Upright()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			at, to := i.stored(x, y), m.Pix[m.PixOffset(x, y):][:4]
			copy(to, rgb[3*at:][:3])
			if to[3] = 255; alpha != nil {
				to[3] = alpha[at]
			}
		}
	}
	return m
}

// stored returns the index of the stored pixel for a position in the upright image.
func (i Info) stored(x, y int) int {
	if i.Orientation >= 5 {
		x, y = y, x
	}
	switch i.Orientation {
	case 2, 3, 7, 8:
		x = i.Width - 1 - x
	}
	switch i.Orientation {
	case 3, 4, 6, 7:
		y = i.Height - 1 - y
	}
	return y*i.Width + x
}
