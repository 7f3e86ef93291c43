package benchmarks

import (
	"fmt"
	"image"
	"math"
	"strings"

	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// box is a labelled region in pixels of the first image.
type box struct {
	Label         string
	X, Y          float64
	Width, Height float64
	Fractions     bool     `json:",omitempty"` // the edges are fractions of width and height, not pixels
	Canvas        float64  `json:",omitempty"` // height of the image in the units of the edges; 0 for pixels
	Outline       *Outline `json:",omitempty"` // of the object
}

// mark adds a box, or leaves it out if it has no label or no area. What names it in messages. A box
// with negative width or height is left out, too, because its meaning is unknown.
func (i *item) mark(b box, what string) {
	if wrong := b.wrong(); wrong != "" {
		i.leave(shards.LeftBox, "%s: %s", what, wrong)
		return
	}
	i.boxes = append(i.boxes, b)
}

// wrong returns why a box cannot be used on any image, or "".
func (b *box) wrong() string {
	edges := [4]float64{b.X, b.Y, b.Width, b.Height}
	for _, v := range edges {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return "an edge that is missing or no number"
		}
	}
	switch {
	case b.Width < 0 || b.Height < 0:
		return fmt.Sprintf("a box of %g by %g: its corners are reversed", b.Width, b.Height)
	case b.Width == 0 || b.Height == 0:
		return fmt.Sprintf("a box of %g by %g has no area", b.Width, b.Height)
	case !b.Fractions && b.X <= 1 && b.Y <= 1 && b.Width <= 1 && b.Height <= 1 && b.Width+b.Height < 2:
		return fmt.Sprintf("a box of %g by %g pixels: these look like fractions of the image", b.Width, b.Height)
	case strings.TrimSpace(b.Label) == "":
		return "no label"
	}
	return ""
}

// place clips the boxes to the first image and converts them to fractions of it. It leaves out
// boxes that have no area then, and outlines that do not fit the image.
func (i *item) place(s *shards.Sample) error {
	info, err := imagefile.Inspect(s.Images[0].Bytes)
	if err != nil {
		return err
	}
	for _, b := range i.boxes {
		width, height := float64(info.Width), float64(info.Height)
		if b.Fractions {
			width, height = 1, 1
		}
		if b.Canvas > 0 {
			width, height = width*b.Canvas/height, b.Canvas
		}
		place := shards.Box{Label: b.Label, Y0: fraction(b.Y / height), X0: fraction(b.X / width),
			Y1: fraction((b.Y + b.Height) / height), X1: fraction((b.X + b.Width) / width)}
		if !(place.Y1 > place.Y0 && place.X1 > place.X0) {
			i.leave(shards.LeftBox, "%s: %s", s.Key, b.Label)
			continue
		}
		if b.Outline != nil {
			if place.Mask, err = b.mask(info.Height, info.Width); err != nil {
				i.leave(shards.LeftMask, "%s: %s: %v", s.Key, b.Label, err)
			}
		}
		s.Boxes = append(s.Boxes, place)
	}
	return nil
}

func fraction(v float64) float32 { return float32(min(max(v, 0), 1)) }

// mask draws the outline on the pixels that the box touches and returns it as a PNG. It returns nil
// if the outline covers none of them.
func (b *box) mask(height, width int) ([]byte, error) {
	within := func(v float64, end int) int { return int(min(max(v, 0), float64(end))) }
	part := image.Rect(within(math.Floor(b.X), width), within(math.Floor(b.Y), height),
		within(math.Ceil(b.X+b.Width), width), within(math.Ceil(b.Y+b.Height), height))
	m, err := b.Outline.draw(height, width, part)
	if err != nil {
		return nil, err
	}
	return m.png()
}
