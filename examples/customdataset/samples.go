package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"iter"
	"math/rand/v2"

	"github.com/pali3/pali3/shards"
)

// samples yields n samples, every eighth held out: an image file and a caption each. Replace it by
// your own data: rows of a database, files of a camera, pages of a scanner.
func samples(n int) iter.Seq2[shards.Sample, error] {
	return func(yield func(shards.Sample, error) bool) {
		for i := range n {
			s := shards.Sample{Key: fmt.Sprint(i), Split: "train"}
			if i%8 == 7 {
				s.Split = "held_out"
			}
			encoded, caption, err := draw(rand.New(rand.NewPCG(0, uint64(i))))
			s.Images = []shards.Image{{Bytes: encoded}}
			s.Texts = []shards.Text{{Kind: shards.Caption, Language: "en", Value: caption}}
			if !yield(s, err) {
				return
			}
		}
	}
}

var colours = []struct {
	name  string
	value color.RGBA
}{
	{"red", color.RGBA{220, 40, 30, 255}}, {"green", color.RGBA{30, 160, 60, 255}},
	{"blue", color.RGBA{40, 70, 220, 255}}, {"yellow", color.RGBA{240, 200, 20, 255}},
}

// shapes tell which points belong to a shape around the origin.
var shapes = []struct {
	name   string
	inside func(x, y float64) bool
}{
	{"disc", func(x, y float64) bool { return x*x+y*y < 1 }},
	{"cross", func(x, y float64) bool { return max(x, -x, y, -y) < 1 && min(max(x, -x), max(y, -y)) < 0.3 }},
	{"stripe", func(_, y float64) bool { return max(y, -y) < 0.35 }},
}

const side = 32 // of an image, in pixels

// draw paints a shape of random colour, size and place on a grey image, as a PNG file.
func draw(random *rand.Rand) (encoded []byte, caption string, err error) {
	colour, shape := colours[random.IntN(len(colours))], shapes[random.IntN(len(shapes))]
	radius, x0, y0 := 7+4*random.Float64(), 12+8*random.Float64(), 12+8*random.Float64()
	canvas := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			canvas.SetRGBA(x, y, color.RGBA{128, 128, 128, 255})
			if shape.inside((float64(x)-x0)/radius, (float64(y)-y0)/radius) {
				canvas.SetRGBA(x, y, colour.value)
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, canvas)
	return b.Bytes(), "a " + colour.name + " " + shape.name, err
}
