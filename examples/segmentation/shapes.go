package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"math"
	"math/rand/v2"

	"github.com/pali3/pali3/shards"
)

// colours and outlines make the labels: "red disc".
var (
	colours = []struct {
		name string
		rgb  color.RGBA
	}{{"red", color.RGBA{210, 40, 40, 255}}, {"green", color.RGBA{40, 170, 60, 255}}, {"blue", color.RGBA{50, 80, 220, 255}}}
	outlines = []struct {
		name   string
		inside func(y, x float64) bool // of a square from -1 to 1, y downwards
	}{
		{"disc", func(y, x float64) bool { return math.Hypot(y, x) <= 1 }},
		{"square", func(float64, float64) bool { return true }},
		{"triangle", func(y, x float64) bool { return 2*math.Abs(x) <= y+1 }},
		{"ring", func(y, x float64) bool { d := math.Hypot(y, x); return d <= 1 && d >= 0.5 }},
		{"cross", func(y, x float64) bool { return math.Abs(y) <= 0.34 || math.Abs(x) <= 0.34 }},
	}
)

// scenes says what images show.
type scenes struct {
	side        int // of an image in pixels
	objects     int // in an image, at most
	outlines    int // the first ones of the table
	least, most int // size of an object in pixels
	grid        int // positions and sizes are multiples of it
	heldOut     int // of heldOut images, one is held out
}

// samples yields n images with the boxes and masks of what they show.
func (c scenes) samples(n int, seed uint64) iter.Seq2[shards.Sample, error] {
	return func(yield func(shards.Sample, error) bool) {
		rng := rand.New(rand.NewPCG(seed, 1))
		for i := range n {
			s, err := c.sample(rng)
			s.Key, s.Split = fmt.Sprintf("shapes-%05d", i), "train"
			if i%c.heldOut == 0 {
				s.Split = "held_out"
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

func (c scenes) sample(rng *rand.Rand) (s shards.Sample, err error) {
	canvas := image.NewRGBA(image.Rect(0, 0, c.side, c.side))
	for i := range canvas.Pix {
		if canvas.Pix[i] = 255; i%4 != 3 {
			canvas.Pix[i] = uint8(110 + rng.IntN(40)) // a noisy grey background
		}
	}
	var taken []image.Rectangle
	for range 1 + rng.IntN(c.objects) {
		at, free := c.place(taken, rng)
		if !free {
			break
		}
		taken = append(taken, at)
		box, err := c.draw(canvas, at, rng)
		if err != nil {
			return s, err
		}
		s.Boxes = append(s.Boxes, box)
	}
	encoded, err := encode(canvas)
	if err != nil {
		return s, err
	}
	m, err := shards.NewImage(encoded)
	s.Images = []shards.Image{m}
	return s, err
}

// place finds a place for an object that no other has.
func (c scenes) place(taken []image.Rectangle, rng *rand.Rand) (at image.Rectangle, free bool) {
	multiple := func(from, to int) int { return (from/c.grid + rng.IntN((to-from)/c.grid+1)) * c.grid }
	for range 100 {
		height, width := multiple(c.least, c.most), multiple(c.least, c.most)
		y, x := multiple(0, c.side-height), multiple(0, c.side-width)
		at, free = image.Rect(x, y, x+width, y+height), true
		for _, other := range taken {
			free = free && !at.Overlaps(other)
		}
		if free {
			return at, true
		}
	}
	return at, false
}

// draw draws an object of a random colour and outline, and returns its box with its mask.
func (c scenes) draw(canvas *image.RGBA, at image.Rectangle, rng *rand.Rand) (shards.Box, error) {
	colour, outline := colours[rng.IntN(len(colours))], outlines[rng.IntN(c.outlines)]
	mask := image.NewGray(image.Rectangle{Max: at.Size()})
	for y := range at.Dy() {
		for x := range at.Dx() {
			if outline.inside(2*(float64(y)+0.5)/float64(at.Dy())-1, 2*(float64(x)+0.5)/float64(at.Dx())-1) {
				mask.SetGray(x, y, color.Gray{Y: 255})
				canvas.SetRGBA(at.Min.X+x, at.Min.Y+y, colour.rgb)
			}
		}
	}
	encoded, err := encode(mask)
	side := float32(c.side)
	return shards.Box{
		Label: colour.name + " " + outline.name, Mask: encoded,
		Y0: float32(at.Min.Y) / side, X0: float32(at.Min.X) / side, Y1: float32(at.Max.Y) / side, X1: float32(at.Max.X) / side,
	}, err
}

func encode(m image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := png.Encode(&out, m)
	return out.Bytes(), err
}
