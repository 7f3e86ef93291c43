package augment

import (
	"image"
	"image/color"
)

// raster is a decoded image as it is stored: colours, not multiplied by alpha, and alpha, nil where
// all is opaque.
type raster struct {
	colour      *Image
	alpha       []uint8 // [H,W]
	orientation int     // EXIF
}

// rasterOf converts what the decoders return.
func rasterOf(decoded image.Image) *raster {
	bounds := decoded.Bounds()
	r := &raster{colour: newImage(bounds.Dy(), bounds.Dx())}
	out := r.colour
	switch m := decoded.(type) {
	case *image.Gray:
		eachRow(out, m.Pix, m.Stride, 1, func(to, from []uint8) { to[0], to[1], to[2] = from[0], from[0], from[0] })
	case *image.Gray16:
		eachRow(out, m.Pix, m.Stride, 2, func(to, from []uint8) { to[0], to[1], to[2] = from[0], from[0], from[0] })
	case *image.NRGBA:
		eachRow(out, m.Pix, m.Stride, 4, func(to, from []uint8) { copy(to, from[:3]) })
		r.alpha = plane(out, m.Pix[3:], m.Stride, 4)
	case *image.NRGBA64:
		eachRow(out, m.Pix, m.Stride, 8, func(to, from []uint8) { to[0], to[1], to[2] = from[0], from[2], from[4] })
		r.alpha = plane(out, m.Pix[6:], m.Stride, 8)
	case *image.RGBA: // the decoders return it only for opaque images
		eachRow(out, m.Pix, m.Stride, 4, func(to, from []uint8) { copy(to, from[:3]) })
	case *image.RGBA64:
		eachRow(out, m.Pix, m.Stride, 8, func(to, from []uint8) { to[0], to[1], to[2] = from[0], from[2], from[4] })
	case *image.Paletted:
		r.readPaletted(m)
	default:
		r.alpha = make([]uint8, out.Width*out.Height)
		for y := range out.Height {
			for x := range out.Width {
				c := color.NRGBAModel.Convert(decoded.At(bounds.Min.X+x, bounds.Min.Y+y)).(color.NRGBA)
				at := y*out.Width + x
				out.Pix[3*at], out.Pix[3*at+1], out.Pix[3*at+2], r.alpha[at] = c.R, c.G, c.B, c.A
			}
		}
	}
	return r
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

// plane gathers one byte of each pixel; it returns nil if all are 255.
func plane(out *Image, pix []uint8, stride, size int) []uint8 {
	alpha, all := make([]uint8, out.Width*out.Height), uint8(255)
	for y := range out.Height {
		to := alpha[y*out.Width:][:out.Width]
		for x := range to {
			to[x] = pix[y*stride+size*x]
			all &= to[x]
		}
	}
	if all == 255 {
		return nil
	}
	return alpha
}

// readPaletted looks the indices up. A palette has all 256 entries, black where the file has none,
// so that a bad index is harmless.
func (r *raster) readPaletted(m *image.Paletted) {
	var table [256]color.NRGBA
	opaque := true
	for i := range table {
		if table[i] = (color.NRGBA{A: 255}); i < len(m.Palette) {
			table[i] = color.NRGBAModel.Convert(m.Palette[i]).(color.NRGBA)
		}
		opaque = opaque && table[i].A == 255
	}
	if !opaque {
		r.alpha = make([]uint8, r.colour.Width*r.colour.Height)
	}
	for y := range r.colour.Height {
		to := r.colour.Pix[3*y*r.colour.Width:]
		for x, index := range m.Pix[y*m.Stride:][:r.colour.Width] {
			c := &table[index]
			to[3*x], to[3*x+1], to[3*x+2] = c.R, c.G, c.B
			if !opaque {
				r.alpha[y*r.colour.Width+x] = c.A
			}
		}
	}
}

// opaque reports whether no pixel is transparent.
func (r *raster) opaque() bool {
	for _, a := range r.alpha {
		if a != 255 {
			return false
		}
	}
	return true
}

// over returns the image as it looks on a background, each value rounded to nearest.
func (r *raster) over(background Colour) *Image {
	if r.alpha == nil {
		return r.colour
	}
	out := newImage(r.colour.Height, r.colour.Width)
	for i, a := range r.alpha {
		to, from := out.Pix[3*i:][:3], r.colour.Pix[3*i:][:3]
		for c := range to {
			to[c] = uint8((int(from[c])*int(a) + int(background[c])*(255-int(a)) + 127) / 255)
		}
	}
	return out
}

// turned returns the raster as an upright image.
func (r *raster) turned(m *Image) *Image { return upright(m, r.orientation) }

// onCanvas lays the raster on a larger, transparent one.
func (r *raster) onCanvas(height, width, top, left int) *raster {
	out := &raster{colour: newImage(height, width), alpha: make([]uint8, height*width)}
	w := r.colour.Width
	for y := range r.colour.Height {
		to := (top+y)*width + left
		copy(out.colour.Pix[3*to:], r.colour.Pix[3*y*w:][:3*w])
		if r.alpha != nil {
			copy(out.alpha[to:], r.alpha[y*w:][:w])
			continue
		}
		for x := range w {
			out.alpha[to+x] = 255
		}
	}
	return out
}
