package imageprint

import "github.com/pali3/pali3/augment"

// Rect is a part of an image, in pixels: from Y0 and X0 up to, but not including, Y1 and X1.
type Rect struct{ Y0, X0, Y1, X1 int }

// Whole is the whole of a reduced image.
var Whole = Rect{0, 0, reduced, reduced}

// Of returns the edges as fractions of the sides of an image: y0, x0, y1, x1.
func (r Rect) Of(height, width int) [4]float64 {
	h, w := float64(height), float64(width)
	return [4]float64{float64(r.Y0) / h, float64(r.X0) / w, float64(r.Y1) / h, float64(r.X1) / w}
}

// OfReduced is Of for a reduced image.
func (r Rect) OfReduced() [4]float64 { return r.Of(reduced, reduced) }

// Crops returns the parts that are compared to find an image from which a margin was cut: the same
// margin on all sides, on two opposite sides, or on one side, up to an eighth of the side.
func Crops() (all []Rect) {
	for m := 1; m <= reduced/8; m++ {
		all = append(all, Rect{m, m, reduced - m, reduced - m})
	}
	for m := 2; m <= reduced/8; m += 2 {
		all = append(all,
			Rect{m, 0, reduced - m, reduced}, Rect{0, m, reduced, reduced - m},
			Rect{m, 0, reduced, reduced}, Rect{0, 0, reduced - m, reduced},
			Rect{0, m, reduced, reduced}, Rect{0, 0, reduced, reduced - m})
	}
	return all
}

// Crop returns a part of the image.
func (r Reduced) Crop(part Rect) Reduced {
	t := augment.Tensor{Height: part.Y1 - part.Y0, Width: part.X1 - part.X0}
	t.Pix = make([]float32, 0, 3*t.Height*t.Width)
	for y := part.Y0; y < part.Y1; y++ {
		row := 3 * y * r.Width
		t.Pix = append(t.Pix, r.Pix[row+3*part.X0:row+3*part.X1]...)
	}
	return Reduced{t}
}

// Mirrored returns the image with left and right exchanged.
func (r Reduced) Mirrored() Reduced {
	t := augment.Tensor{Height: r.Height, Width: r.Width, Pix: make([]float32, len(r.Pix))}
	for y := range r.Height {
		for x := range r.Width {
			copy(t.Pix[3*(y*r.Width+x):][:3], r.Pix[3*(y*r.Width+r.Width-1-x):])
		}
	}
	return Reduced{t}
}

// Inner returns the part of an image within a frame of one colour, as of letterboxed images; the
// whole if there is no frame, or if more than a third of a side is.
func Inner(img *augment.Image) Rect {
	part := Rect{0, 0, img.Height, img.Width}
	if img.Height < 3 || img.Width < 3 {
		return part
	}
	ground := img.Pix[:3]
	for part.Y0 < img.Height/3 && ofOneColour(img, ground, part.Y0, true) {
		part.Y0++
	}
	for img.Height-part.Y1 < img.Height/3 && ofOneColour(img, ground, part.Y1-1, true) {
		part.Y1--
	}
	for part.X0 < img.Width/3 && ofOneColour(img, ground, part.X0, false) {
		part.X0++
	}
	for img.Width-part.X1 < img.Width/3 && ofOneColour(img, ground, part.X1-1, false) {
		part.X1--
	}
	return part
}

// ofOneColour reports whether a row or a column has the colour, but for what JPEG adds beside an
// edge: all but a fiftieth of its pixels differ by at most 16 levels.
func ofOneColour(img *augment.Image, colour []uint8, at int, row bool) bool {
	const tolerance = 16
	n, step, from := img.Height, 3*img.Width, 3*at
	if row {
		n, step, from = img.Width, 3, 3*at*img.Width
	}
	others := n / 50
	for i := range n {
		p := img.Pix[from+i*step:]
		for c := range 3 {
			if d := int(p[c]) - int(colour[c]); d > tolerance || -d > tolerance {
				others--
				break
			}
		}
		if others < 0 {
			return false
		}
	}
	return true
}

// Cut returns a part of an image.
func Cut(img *augment.Image, part Rect) *augment.Image {
	out := &augment.Image{Height: part.Y1 - part.Y0, Width: part.X1 - part.X0}
	out.Pix = make([]uint8, 0, 3*out.Height*out.Width)
	for y := part.Y0; y < part.Y1; y++ {
		out.Pix = append(out.Pix, img.Pix[3*(y*img.Width+part.X0):3*(y*img.Width+part.X1)]...)
	}
	return out
}
