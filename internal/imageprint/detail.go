package imageprint

import (
	"math"

	"github.com/pali3/pali3/augment"
)

// detailSide is the side of the grid on which two images that look alike are compared closely.
const detailSide = 32

// Grey is the brightness of a reduced image, 64 x 64.
type Grey [reduced * reduced]uint8

// Grey returns the brightness of the image, which must be whole.
func (r Reduced) Grey() *Grey {
	g := &Grey{}
	for i := range g {
		g[i] = uint8(luma(r.Tensor, 0, i) + 0.5)
	}
	return g
}

// Detail returns the brightness of the image, which may be a part.
func (r Reduced) Detail() *Detail {
	d, grid := &Detail{}, r.Resize(detailSide, detailSide, augment.Bilinear, true)
	for i := range d {
		d[i] = luma(grid, 0, i)
	}
	return d
}

// Detail is the brightness of an image, or of a part of it, on a grid of 32 x 32.
type Detail [detailSide * detailSide]float32

// Detail returns the brightness of a part of the image.
func (g *Grey) Detail(part Rect) *Detail {
	t := augment.Tensor{Height: part.Y1 - part.Y0, Width: part.X1 - part.X0}
	t.Pix = make([]float32, 0, 3*t.Height*t.Width)
	for y := part.Y0; y < part.Y1; y++ {
		for x := part.X0; x < part.X1; x++ {
			v := float32(g[y*reduced+x])
			t.Pix = append(t.Pix, v, v, v)
		}
	}
	d, grid := &Detail{}, t.Resize(detailSide, detailSide, augment.Bilinear, true)
	for i := range d {
		d[i] = grid.Pix[3*i]
	}
	return d
}

// Mirrored returns the detail with left and right exchanged.
func (d *Detail) Mirrored() *Detail {
	m := &Detail{}
	for i := range m {
		m[i] = d[i/detailSide*detailSide+detailSide-1-i%detailSide]
	}
	return m
}

// Correlation returns Pearson's correlation of two details, from -1 to 1; 1 if both have one
// brightness only, and 0 if one has.
func (d *Detail) Correlation(other *Detail) float64 {
	const n = detailSide * detailSide
	var sumA, sumB float64
	for i := range d {
		sumA, sumB = sumA+float64(d[i]), sumB+float64(other[i])
	}
	var ab, aa, bb float64
	for i := range d {
		a, b := float64(d[i])-sumA/n, float64(other[i])-sumB/n
		ab, aa, bb = ab+a*b, aa+a*a, bb+b*b
	}
	plainA, plainB := aa < n, bb < n // a deviation of less than one level
	switch {
	case plainA && plainB:
		return 1
	case plainA || plainB:
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
