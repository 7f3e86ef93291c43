package mixpage

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/random"
)

// Image is the pixels of an example as an image.
type Image struct {
	URI           template.URL
	Height, Width int
	Patches       string // "3 × 5 patches", of images that keep their aspect
	Small         bool   // shown with hard edges
}

// levels are the values of black and of white in a batch, by channel.
type levels struct{ black, white [3]float32 }

// tries is how often random ops are run to find their darkest black and lightest white.
const tries = 8

// levelsOf finds the levels of a recipe: it runs the image ops on a black and a white image. So it
// knows every op, also those that a program adds.
func levelsOf(r mixture.Recipe) (l levels, err error) {
	p, err := r.EvalPipeline()
	if err != nil || p == nil {
		return levels{white: [3]float32{255, 255, 255}}, err
	}
	for try := range tries {
		for c := range 3 {
			black, err1 := middle(p, color.Black, uint64(try))
			white, err2 := middle(p, color.White, uint64(try))
			if err1 != nil || err2 != nil {
				return levels{white: [3]float32{255, 255, 255}}, nil // ops that need more than an image
			}
			if try == 0 || black[c] < l.black[c] {
				l.black[c] = black[c]
			}
			if try == 0 || white[c] > l.white[c] {
				l.white[c] = white[c]
			}
		}
		if !p.Random() {
			break
		}
	}
	return l, nil
}

// middle returns the values that the image ops give the middle of an image of one colour.
func middle(p *augment.Pipeline, c color.Color, seed uint64) (values [3]float32, err error) {
	const side = 64
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		m.Set(i%side, i/side, c)
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, m); err != nil {
		return values, err
	}
	t, err := p.Apply(encoded.Bytes(), random.New(seed, random.Name("levels")))
	if err != nil {
		return values, err
	}
	at := 3 * (t.Height/2*t.Width + t.Width/2)
	copy(values[:], t.Pix[at:at+3])
	return values, nil
}

// byteOf maps a value back to 0..255.
func (l levels) byteOf(v float32, channel int) uint8 {
	black, white := l.black[channel], l.white[channel]
	if black == white {
		white = black + 255
	}
	return uint8(min(255, max(0, (v-black)/(white-black)*255+0.5)))
}

// Limits of images on the page.
const (
	longestSide = 384     // pixels; larger images are shown smaller
	smallSide   = 96      // and below are shown with hard edges
	pageBytes   = 8 << 20 // of images, after which they are shown at spareSide
	spareSide   = 64
)

// image encodes the pixels of an image: PNG if that is not much larger than JPEG.
func (p *Page) image(t augment.Tensor) (Image, error) {
	shown := Image{Height: t.Height, Width: t.Width, Small: max(t.Height, t.Width) < smallSide}
	if s := p.stream.Shape().Sequence; s.Patch > 0 {
		shown.Patches = fmt.Sprintf("%d × %d patches", t.Width/s.Patch, t.Height/s.Patch)
	}
	side := longestSide
	if p.bytes > pageBytes {
		side = spareSide
	}
	if longest := max(t.Height, t.Width); longest > side {
		t = t.Resize(max(1, t.Height*side/longest), max(1, t.Width*side/longest), augment.Bilinear, true)
	}
	m := image.NewNRGBA(image.Rect(0, 0, t.Width, t.Height))
	for i := range t.Width * t.Height {
		for c := range 3 {
			m.Pix[4*i+c] = p.levels.byteOf(t.Pix[3*i+c], c)
		}
		m.Pix[4*i+3] = 255
	}
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, m); err != nil {
		return shown, fmt.Errorf("encoding an image: %w", err)
	}
	if err := jpeg.Encode(&asJPEG, m, &jpeg.Options{Quality: 88}); err != nil {
		return shown, fmt.Errorf("encoding an image: %w", err)
	}
	kind, content := "png", asPNG.Bytes()
	if len(content) > asJPEG.Len()*5/4 && !shown.Small {
		kind, content = "jpeg", asJPEG.Bytes()
	}
	p.bytes += len(content)
	shown.URI = template.URL("data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(content))
	return shown, nil
}
