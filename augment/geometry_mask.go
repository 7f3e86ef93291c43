package augment

import (
	"fmt"
	"image"
	"math"
)

// Mask returns where a mask of the whole image is after the ops, in pixels as large as before: the
// mask of a cropped image is smaller, that of a flipped one is mirrored pixel for pixel. Each pixel
// has the value of the one that its centre comes from, and 0 where that is not in the image or not
// seen. The mask has most pixels at most; more are scaled down.
func (g Geometry) Mask(mask *image.Gray, most int) (*image.Gray, error) {
	height, width := mask.Rect.Dy(), mask.Rect.Dx()
	if height < 1 || width < 1 {
		return nil, fmt.Errorf("a mask of %dx%d pixels (height x width)", height, width)
	}
	to := g.Affine()
	if to.determinant() == 0 {
		return nil, fmt.Errorf("image ops that leave no area: %v", to)
	}
	h := float64(height) / math.Hypot(to.YY, to.YX*float64(height)/float64(width))
	w := float64(width) / math.Hypot(to.XX, to.XY*float64(width)/float64(height))
	if shrink := math.Sqrt(float64(most) / (h * w)); shrink < 1 {
		h, w = h*shrink, w*shrink
	}
	out := image.NewGray(image.Rect(0, 0, max(1, int(math.Round(w))), max(1, int(math.Round(h)))))
	back := to.inverse()
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			at := point{(float64(y) + 0.5) / float64(out.Rect.Dy()), (float64(x) + 0.5) / float64(out.Rect.Dx())}
			fromY, fromX := back.At(at.y, at.x)
			row, column := math.Floor(fromY*float64(height)), math.Floor(fromX*float64(width))
			if row < 0 || column < 0 || row >= float64(height) || column >= float64(width) || !g.sees(at) {
				continue
			}
			out.Pix[out.PixOffset(x, y)] = mask.GrayAt(mask.Rect.Min.X+int(column), mask.Rect.Min.Y+int(row)).Y
		}
	}
	return out, nil
}

// sees reports whether a point after the ops shows a part of the image.
func (g Geometry) sees(p point) bool {
	if g.visible == nil {
		return true
	}
	sign := 1.0
	if signedArea(g.visible) < 0 {
		sign = -1
	}
	for i, a := range g.visible {
		b := g.visible[(i+1)%len(g.visible)]
		if sign*((b.x-a.x)*(p.y-a.y)-(b.y-a.y)*(p.x-a.x)) < 0 {
			return false
		}
	}
	return len(g.visible) > 0
}
