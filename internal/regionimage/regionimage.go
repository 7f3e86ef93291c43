// Package regionimage draws boxes, masks and labels onto an image, and encodes masks as COCO does.
package regionimage

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// Region is a part of an image to draw.
type Region struct {
	// Box in pixels.
	Box image.Rectangle
	// Label may be empty.
	Label string
	// Mask of the whole image, 255 inside the object, or nil.
	Mask *image.Gray
}

// colours are those of the regions in turn: Okabe and Ito's, which colour-blind people can tell
// apart, without black.
var colours = []color.RGBA{
	{213, 94, 0, 255}, {0, 114, 178, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {240, 228, 66, 255},
}

// Images whose longer side is below small are enlarged to about enough pixels, so that labels do
// not cover them.
const small, enough = 200, 256

// Draw returns a copy of an image with its regions: masks tinted, boxes outlined, and each label
// behind the number of its region, from 1. A copy of a small image is larger by a whole factor.
func Draw(m image.Image, regions []Region) *image.RGBA {
	by := 1
	if longer := max(m.Bounds().Dx(), m.Bounds().Dy()); longer < small {
		by = enough / max(longer, 1)
	}
	out := image.NewRGBA(image.Rectangle{Max: m.Bounds().Size().Mul(by)})
	draw.NearestNeighbor.Scale(out, out.Rect, m, m.Bounds(), draw.Src, nil)
	regions = enlarged(regions, by)
	thick := max(2, min(out.Rect.Dx(), out.Rect.Dy())/250)
	for i, r := range regions {
		if r.Mask != nil {
			tint(out, r.Mask, colours[i%len(colours)])
		}
	}
	for i, r := range regions {
		outline(out, r.Box, thick, colours[i%len(colours)])
	}
	for i, r := range regions {
		text := fmt.Sprint(i + 1)
		if r.Label != "" {
			text += " " + r.Label
		}
		write(out, text, r.Box.Min, thick, colours[i%len(colours)])
	}
	return out
}

// enlarged returns regions of an image that is larger by a factor.
func enlarged(regions []Region, by int) []Region {
	if by == 1 {
		return regions
	}
	all := make([]Region, len(regions))
	for i, r := range regions {
		all[i] = Region{Box: image.Rectangle{r.Box.Min.Mul(by), r.Box.Max.Mul(by)}, Label: r.Label}
		if r.Mask != nil {
			all[i].Mask = image.NewGray(image.Rectangle{Max: r.Mask.Rect.Size().Mul(by)})
			draw.NearestNeighbor.Scale(all[i].Mask, all[i].Mask.Rect, r.Mask, r.Mask.Rect, draw.Src, nil)
		}
	}
	return all
}

// tint mixes a colour into the pixels of a mask, half and half.
func tint(out *image.RGBA, mask *image.Gray, c color.RGBA) {
	half := image.NewAlpha(mask.Rect)
	for i, v := range mask.Pix {
		half.Pix[i] = v / 2
	}
	draw.DrawMask(out, out.Rect, image.NewUniform(c), image.Point{}, half, mask.Rect.Min, draw.Over)
}

// outline draws the edges of a box inside it.
func outline(out *image.RGBA, box image.Rectangle, thick int, c color.RGBA) {
	for _, edge := range []image.Rectangle{
		{box.Min, image.Pt(box.Max.X, box.Min.Y+thick)}, {image.Pt(box.Min.X, box.Max.Y-thick), box.Max},
		{box.Min, image.Pt(box.Min.X+thick, box.Max.Y)}, {image.Pt(box.Max.X-thick, box.Min.Y), box.Max},
	} {
		draw.Draw(out, edge.Intersect(box), image.NewUniform(c), image.Point{}, draw.Src)
	}
}

// longestText bounds how much of a label is drawn, in characters.
const longestText = 60

// write writes text on a ground of colour c at a corner, moved so that it is inside the image. The
// font has the letters of Latin-1 only and a sign for any other.
func write(out *image.RGBA, text string, at image.Point, thick int, c color.RGBA) {
	if runes := []rune(text); len(runes) > longestText {
		text = string(runes[:longestText-3]) + "..."
	}
	face := basicfont.Face7x13
	width := font.MeasureString(face, text).Ceil()
	small := image.NewRGBA(image.Rect(0, 0, width+4, face.Height+2))
	draw.Draw(small, small.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	ink := color.White
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) > 140_000 { // a light ground
		ink = color.Black
	}
	pen := font.Drawer{Dst: small, Src: image.NewUniform(ink), Face: face, Dot: fixed.P(2, face.Ascent+1)}
	pen.DrawString(text)
	scale := max(1, thick/2)
	size := small.Rect.Size().Mul(scale)
	at.X = max(0, min(at.X, out.Rect.Max.X-size.X))
	at.Y = max(0, min(at.Y, out.Rect.Max.Y-size.Y))
	draw.NearestNeighbor.Scale(out, image.Rectangle{at, at.Add(size)}, small, small.Rect, draw.Src, nil)
}

// Pixels returns the pixels of a box whose edges y0, x0, y1, x1 are fractions of an image's height
// and width. It rounds edges to whole pixels; a box within the image has at least one.
func Pixels(edges [4]float64, height, width int) image.Rectangle {
	along := func(from, to float64, side int) (int, int) {
		a := max(0, min(int(math.Round(from*float64(side))), side-1))
		return a, max(a+1, min(int(math.Round(to*float64(side))), side))
	}
	y0, y1 := along(edges[0], edges[2], height)
	x0, x1 := along(edges[1], edges[3], width)
	return image.Rect(x0, y0, x1, y1)
}

// RLE is a mask in COCO's uncompressed form (pycocotools mask.py): the lengths of the runs outside
// and inside the object in turn, column by column, the first run outside.
type RLE struct {
	// Size is height and width.
	Size   [2]int `json:"size"`
	Counts []int  `json:"counts"`
}

// Encode encodes a mask: pixels above 127 are inside.
func Encode(mask *image.Gray) RLE {
	size := mask.Rect.Size()
	r := RLE{Size: [2]int{size.Y, size.X}}
	inside, run := false, 0
	for x := range size.X {
		for y := range size.Y {
			if in := mask.Pix[y*mask.Stride+x] > 127; in != inside {
				r.Counts = append(r.Counts, run)
				inside, run = in, 0
			}
			run++
		}
	}
	r.Counts = append(r.Counts, run)
	return r
}
