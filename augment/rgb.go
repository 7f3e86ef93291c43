package augment

import (
	"image"
	"image/color"
)

// toRGB converts what the decoders return to opaque 8-bit RGB, transparency over white.
func toRGB(decoded image.Image, convention ycbcrRange) *Image {
	bounds := decoded.Bounds()
	out := newImage(bounds.Dy(), bounds.Dx())
	switch m := decoded.(type) {
	case *image.Gray:
		eachRow(out, m.Pix, m.Stride, 1, func(to, from []uint8) { to[0], to[1], to[2] = from[0], from[0], from[0] })
	case *image.NRGBA:
		eachRow(out, m.Pix, m.Stride, 4, func(to, from []uint8) { overWhite(to, from[0], from[1], from[2], from[3]) })
	case *image.RGBA: // the decoders return it only for opaque pictures
		eachRow(out, m.Pix, m.Stride, 4, func(to, from []uint8) { copy(to, from[:3]) })
	case *image.Paletted:
		table := paletteRGB(m.Palette)
		eachRow(out, m.Pix, m.Stride, 1, func(to, from []uint8) { copy(to, table[from[0]][:]) })
	case *image.YCbCr:
		ycbcrToRGB(out, m, convention)
	case *image.NYCbCrA:
		ycbcrToRGB(out, &m.YCbCr, convention)
		for y := range out.Height {
			for x := range out.Width {
				p := out.Pix[3*(y*out.Width+x):]
				overWhite(p, p[0], p[1], p[2], m.A[y*m.AStride+x])
			}
		}
	default:
		for y := range out.Height {
			for x := range out.Width {
				c := color.NRGBAModel.Convert(decoded.At(bounds.Min.X+x, bounds.Min.Y+y)).(color.NRGBA)
				overWhite(out.Pix[3*(y*out.Width+x):], c.R, c.G, c.B, c.A)
			}
		}
	}
	return out
}

// eachRow calls convert for every pixel, the source having size bytes a pixel.
func eachRow(out *Image, pix []uint8, stride, size int, convert func(to, from []uint8)) {
	for y := range out.Height {
		from, to := pix[y*stride:], out.Pix[3*y*out.Width:]
		for x := range out.Width {
			convert(to[3*x:3*x+3], from[size*x:size*x+size])
		}
	}
}

// overWhite writes the colour, not premultiplied, as it looks on white, rounded to nearest.
func overWhite(to []uint8, r, g, b, a uint8) {
	if a == 255 {
		to[0], to[1], to[2] = r, g, b
		return
	}
	blend := func(v uint8) uint8 { return uint8((int(v)*int(a) + 255*(255-int(a)) + 127) / 255) }
	to[0], to[1], to[2] = blend(r), blend(g), blend(b)
}

// paletteRGB has all 256 entries, black where the palette has none, so that a bad index is harmless.
func paletteRGB(palette color.Palette) (table [256][3]uint8) {
	for i, entry := range palette {
		if i < len(table) {
			c := color.NRGBAModel.Convert(entry).(color.NRGBA)
			overWhite(table[i][:], c.R, c.G, c.B, c.A)
		}
	}
	return table
}
