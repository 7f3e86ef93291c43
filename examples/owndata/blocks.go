package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"iter"

	"github.com/pali3/pali3/shards"
)

var colours = []struct {
	name string
	is   color.RGBA
}{
	{"red", color.RGBA{220, 40, 40, 255}}, {"green", color.RGBA{40, 180, 60, 255}}, {"blue", color.RGBA{50, 70, 220, 255}},
	{"yellow", color.RGBA{230, 220, 60, 255}}, {"black", color.RGBA{20, 20, 20, 255}}, {"white", color.RGBA{240, 240, 240, 255}},
}

// blocks yields images of four blocks, each captioned with the colours of the upper two.
func blocks(n int) iter.Seq2[shards.Sample, error] {
	return func(yield func(shards.Sample, error) bool) {
		for i := range n {
			at := []int{i % 6, i / 6 % 6, i * 5 / 3 % 6, i * 7 / 11 % 6}
			m := image.NewRGBA(image.Rect(0, 0, 48, 48))
			for b, c := range at {
				draw.Draw(m, image.Rect(b%2*24, b/2*24, b%2*24+24, b/2*24+24), image.NewUniform(colours[c].is), image.Point{}, draw.Src)
			}
			var encoded bytes.Buffer
			err := png.Encode(&encoded, m)
			var block shards.Image
			if err == nil {
				block, err = shards.NewImage(encoded.Bytes())
			}
			s := shards.Sample{
				Key: fmt.Sprintf("%04d", i), Images: []shards.Image{block},
				Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: colours[at[0]].name + " and " + colours[at[1]].name}},
			}
			if !yield(s, err) {
				return
			}
		}
	}
}
