package augment

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Geometry says where the ops of a pipeline put each part of an image. Points and boxes are given
// in parts of the height and width, from 0 to 1, both before and after, so that resizing changes
// none of them. The zero value is the geometry of ops that neither crop, pad, flip nor turn.
type Geometry struct {
	to      *Affine // nil leaves every point in place
	visible []point // what can be seen of the image: a convex polygon in parts after; nil for all
}

// Affine maps a point to (XX·x + XY·y + X0, YX·x + YY·y + Y0).
type Affine struct{ XX, XY, X0, YX, YY, Y0 float64 }

// At maps a point.
func (a Affine) At(y, x float64) (toY, toX float64) {
	return a.YX*x + a.YY*y + a.Y0, a.XX*x + a.XY*y + a.X0
}

// after returns the map that applies first, and then a.
func (a Affine) after(first Affine) Affine {
	return Affine{
		XX: a.XX*first.XX + a.XY*first.YX, XY: a.XX*first.XY + a.XY*first.YY, X0: a.XX*first.X0 + a.XY*first.Y0 + a.X0,
		YX: a.YX*first.XX + a.YY*first.YX, YY: a.YX*first.XY + a.YY*first.YY, Y0: a.YX*first.X0 + a.YY*first.Y0 + a.Y0,
	}
}

// determinant is the factor of areas, below zero for a mirror image.
func (a Affine) determinant() float64 { return a.XX*a.YY - a.XY*a.YX }

// inverse returns the map back. The determinant must not be zero.
func (a Affine) inverse() Affine {
	d := a.determinant()
	b := Affine{XX: a.YY / d, XY: -a.XY / d, YX: -a.YX / d, YY: a.XX / d}
	b.Y0, b.X0 = b.At(-a.Y0, -a.X0)
	return b
}

// upright reports whether boxes stay boxes, neither mirrored nor turned.
func (a Affine) upright() bool { return a.XY == 0 && a.YX == 0 && a.XX > 0 && a.YY > 0 }

func (a Affine) String() string {
	return fmt.Sprintf("x' = %.4gx %+.4gy %+.4g, y' = %.4gx %+.4gy %+.4g", a.XX, a.XY, a.X0, a.YX, a.YY, a.Y0)
}

// Affine returns where the ops put each point that can still be seen.
func (g Geometry) Affine() Affine {
	if g.to == nil {
		return Affine{XX: 1, YY: 1}
	}
	return *g.to
}

// Moves reports whether boxes change at all.
func (g Geometry) Moves() bool { return g.to != nil }

// Upright reports whether the image is neither mirrored nor turned, so that the content of a box
// that is not cut looks as before.
func (g Geometry) Upright() bool { return g.Affine().upright() }

// Box returns where a box (y0, x0, y1, x1) is after the ops, clipped to what can be seen of the
// image, and the part of its area that is left, from 0 to 1. If nothing is left, the box is zero. A
// box that was turned becomes the smallest upright one around it. A box without area is left whole
// or not at all.
func (g Geometry) Box(box [4]float64) (moved [4]float64, left float64) {
	to := g.Affine()
	var corners polygon
	for _, c := range [4]point{{box[0], box[1]}, {box[0], box[3]}, {box[2], box[3]}, {box[2], box[1]}} {
		y, x := to.At(c.y, c.x)
		corners = append(corners, point{y, x})
	}
	seen := corners.clip(unitSquare)
	if g.visible != nil {
		seen = seen.clip(g.visible)
	}
	if len(seen) == 0 {
		return moved, 0
	}
	low, high := seen[0], seen[0]
	for _, p := range seen {
		low, high = point{min(low.y, p.y), min(low.x, p.x)}, point{max(high.y, p.y), max(high.x, p.x)}
	}
	moved = [4]float64{low.y, low.x, high.y, high.x}
	if whole := corners.area(); whole > 0 {
		if left = min(seen.area()/whole, 1); left < rounding {
			return [4]float64{}, 0
		}
		return moved, left
	}
	if slices.Equal(seen, corners) {
		return moved, 1
	}
	return [4]float64{}, 0
}

// rounding is the part of a box's area that the arithmetic may leave of a box beside the image.
const rounding = 1e-9

// Inverse returns the geometry that leads back: from the pixels that a model sees to the image.
// What the model sees beyond the image, such as padding, is clipped.
func (g Geometry) Inverse() Geometry {
	if g.to == nil {
		return g
	}
	back := g.to.inverse()
	return Geometry{to: &back}
}

// then returns the geometry after a further op.
func (g Geometry) then(a Affine) Geometry {
	visible := polygon(g.visible)
	if visible == nil {
		visible = unitSquare
	}
	moved := make(polygon, len(visible))
	for i, p := range visible {
		y, x := a.At(p.y, p.x)
		moved[i] = point{y, x}
	}
	to := a.after(g.Affine())
	return Geometry{to: &to, visible: moved.clip(unitSquare)}
}

// point is a place in an image.
type point struct{ y, x float64 }

// polygon is a convex polygon.
type polygon []point

var unitSquare = polygon{{0, 0}, {0, 1}, {1, 1}, {1, 0}}

// area is by the shoelace formula.
func (p polygon) area() float64 {
	sum := 0.0
	for i, a := range p {
		b := p[(i+1)%len(p)]
		sum += a.x*b.y - b.x*a.y
	}
	return math.Abs(sum) / 2
}

// clip returns the part of the polygon within another convex one (Sutherland and Hodgman 1974).
func (p polygon) clip(within polygon) polygon {
	if len(within) == 0 {
		return polygon{}
	}
	sign := 1.0 // of the side of an edge that is within
	if signedArea(within) < 0 {
		sign = -1
	}
	for i, a := range within {
		b := within[(i+1)%len(within)]
		side := func(q point) float64 { return sign * ((b.x-a.x)*(q.y-a.y) - (b.y-a.y)*(q.x-a.x)) }
		var kept polygon
		for j, q := range p {
			next := p[(j+1)%len(p)]
			here, there := side(q), side(next)
			if here >= 0 {
				kept = append(kept, q)
			}
			if here > 0 && there < 0 || here < 0 && there > 0 {
				t := here / (here - there)
				kept = append(kept, point{q.y + t*(next.y-q.y), q.x + t*(next.x-q.x)})
			}
		}
		p = kept
	}
	if p == nil {
		p = polygon{} // nothing: nil is everything in a Geometry
	}
	return p
}

func signedArea(p polygon) (sum float64) {
	for i, a := range p {
		b := p[(i+1)%len(p)]
		sum += a.x*b.y - b.x*a.y
	}
	return sum / 2
}

// Movement says what an op may do to the places of an image's parts. See [Action.Moves].
type Movement int

const (
	// InPlace is of ops that change values, or resize all of the image.
	InPlace Movement = iota
	// Cropping is of ops that cut edges off, or add them.
	Cropping
	// Turning is of ops that flip, turn or shear, and may also crop.
	Turning
)

func (m Movement) String() string { return [...]string{"in place", "cropping", "turning"}[m] }

// Moving returns the first op of the pipeline that moves the most, as it is written, and how: ""
// and [InPlace] if none does. What happens to an image is in the geometry of
// [Pipeline.ApplyWithGeometry].
func (p *Pipeline) Moving() (op string, how Movement) {
	for _, s := range p.steps {
		if s.moves > how {
			op, how = s.text, s.moves
		}
	}
	return op, how
}

// Moved notes that the op that runs has put each point of the image elsewhere, in parts of the
// height and width before and after. [Pixels.Crop] and [Pixels.Mirror] do so by themselves.
func (p *Pixels) Moved(a Affine) { p.geometry = p.geometry.then(a) }

// Crop keeps a part of the image: height rows from row y on, and width columns from column x on.
// The part must be within the image.
func (p *Pixels) Crop(y, x, height, width int) error {
	h, w := p.Size()
	if y < 0 || x < 0 || height < 1 || width < 1 || height > h-y || width > w-x {
		return fmt.Errorf("cutting %dx%d at row %d, column %d out of an image of %dx%d (height x width)", height, width, y, x, h, w)
	}
	p.crop(region{y, x, height, width})
	return nil
}

// Mirror flips the image horizontally.
func (p *Pixels) Mirror() { p.mirror() }

// checkMovement returns an error if an op has moved parts of the image and does not say so.
func (s step) checkMovement(before, after *Affine) error {
	switch {
	case after == before:
		return nil
	case s.moves == InPlace:
		return errors.New("the op moves parts of the image, but its Action.Moves says that it does not")
	case s.moves == Cropping && !after.upright() && (before == nil || before.upright()):
		return errors.New("the op flips or turns the image, but its Action.Moves says that it only crops")
	}
	return nil
}
