package main

import (
	"cmp"
	"image"
	"image/color"
	"slices"
)

// paletteSize is the number of colours of a sheet: an indexed image takes a third of the bytes,
// and the difference is below what resizing does.
const paletteSize = 64

// indexed reduces an opaque image to a palette by median cut (Heckbert, Color image quantization
// for frame buffer display, SIGGRAPH 1982): the box of colours with the most pixels times extent is
// halved at its median until there are enough; each box becomes its mean.
func indexed(img *image.RGBA) *image.Paletted {
	boxes := []box{newBox(img)}
	for len(boxes) < paletteSize {
		i := widest(boxes)
		if boxes[i].extent == 0 {
			break
		}
		low, high := boxes[i].halve()
		boxes[i] = low
		boxes = append(boxes, high)
	}
	out := image.NewPaletted(img.Bounds(), nil)
	for i, b := range boxes {
		out.Palette = append(out.Palette, b.mean())
		for _, p := range b.pixels {
			out.Pix[p.at] = uint8(i)
		}
	}
	return out
}

// pixel is a colour and its place in the image.
type pixel struct {
	rgb [3]uint8
	at  int
}

// box is a set of pixels and the channel in which their colours differ most.
type box struct {
	pixels  []pixel
	channel int
	extent  int // in that channel
}

func newBox(img *image.RGBA) box {
	pixels := make([]pixel, len(img.Pix)/4)
	for i := range pixels {
		pixels[i] = pixel{[3]uint8(img.Pix[4*i : 4*i+3]), i}
	}
	return measured(pixels)
}

func measured(pixels []pixel) box {
	b := box{pixels: pixels}
	for channel := range 3 {
		low, high := 255, 0
		for _, p := range pixels {
			low, high = min(low, int(p.rgb[channel])), max(high, int(p.rgb[channel]))
		}
		if high-low > b.extent {
			b.channel, b.extent = channel, high-low
		}
	}
	return b
}

func widest(boxes []box) int {
	best := 0
	for i, b := range boxes {
		if b.extent*len(b.pixels) > boxes[best].extent*len(boxes[best].pixels) {
			best = i
		}
	}
	return best
}

// halve cuts the box at the median of its channel, or beside it where many pixels have the median
// itself.
func (b box) halve() (low, high box) {
	value := func(p pixel) uint8 { return p.rgb[b.channel] }
	slices.SortStableFunc(b.pixels, func(p, q pixel) int { return cmp.Compare(value(p), value(q)) })
	cut := len(b.pixels) / 2
	for cut > 0 && value(b.pixels[cut-1]) == value(b.pixels[cut]) {
		cut--
	}
	if cut == 0 {
		cut = len(b.pixels) / 2
		for value(b.pixels[cut-1]) == value(b.pixels[cut]) {
			cut++
		}
	}
	return measured(b.pixels[:cut]), measured(b.pixels[cut:])
}

func (b box) mean() color.Color {
	var sum [3]int
	for _, p := range b.pixels {
		for channel, v := range p.rgb {
			sum[channel] += int(v)
		}
	}
	n := len(b.pixels)
	rounded := func(channel int) uint8 { return uint8((sum[channel] + n/2) / n) }
	return color.RGBA{rounded(0), rounded(1), rounded(2), 255}
}
