// Package frames splits animations and multi-page TIFFs: it turns GIF, APNG, WebP and
// TIFF into still PNGs, each as a viewer would show it.
//
// [Split] is the only function. The area of each frame and its disposal follow the formats'
// specifications: GIF89a, section 23; PNG, third edition, section 11.3.6; WebP Container
// Specification, "Animation".
package frames

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"

	"github.com/pali3/pali3/internal/imagefile"
)

// Limits against small files that decode to large images.
const (
	maxPixels = 64 << 20 // of a frame
	maxFrames = 1 << 14  // in a file
)

// ErrFormat is wrapped by the error of an animation that is damaged or too large.
var ErrFormat = errors.New("invalid animation")

// Split returns at most limit frames of an animation, or pages of a TIFF, as PNG, evenly spaced and
// beginning with the first. A still image of any format is returned unchanged.
func Split(encoded []byte, limit int) ([][]byte, error) {
	if limit < 1 {
		return nil, fmt.Errorf("a limit of %d frames", limit)
	}
	var a *animation
	var err error
	switch {
	case bytes.HasPrefix(encoded, []byte("GIF8")):
		a, err = readGIF(encoded)
	case bytes.HasPrefix(encoded, []byte("\x89PNG\r\n\x1a\n")):
		a, err = readAPNG(encoded)
	case len(encoded) > 12 && string(encoded[:4]) == "RIFF" && string(encoded[8:12]) == "WEBP":
		a, err = readWebP(encoded)
	case imagefile.Format(encoded) == imagefile.TIFF:
		return splitPages(encoded, limit)
	}
	if err != nil {
		return nil, err
	}
	if a == nil || len(a.frames) < 2 {
		return [][]byte{encoded}, nil
	}
	return a.render(limit)
}

// animation is a canvas and the frames drawn on it.
type animation struct {
	width, height int
	frames        []frame
}

// frame is one image drawn on the canvas.
type frame struct {
	place   image.Rectangle // on the canvas
	decode  func() (image.Image, error)
	over    bool // blended with the canvas; otherwise it replaces it
	dispose disposal
}

// disposal is how a frame is removed before the next one.
type disposal int

const (
	keep disposal = iota
	clear
	restore // restore the canvas from before the frame
)

func (a *animation) check() error {
	if a.width < 1 || a.height < 1 || a.width > maxPixels/a.height {
		return fmt.Errorf("%w: a canvas of %d x %d", ErrFormat, a.width, a.height)
	}
	if len(a.frames) > maxFrames {
		return fmt.Errorf("%w: %d frames", ErrFormat, len(a.frames))
	}
	for i, f := range a.frames {
		if !f.place.In(image.Rect(0, 0, a.width, a.height)) || f.place.Empty() {
			return fmt.Errorf("%w: frame %d at %v of a canvas of %d x %d", ErrFormat, i, f.place, a.width, a.height)
		}
	}
	return nil
}

// render draws the frames in order and keeps those that are wanted.
func (a *animation) render(limit int) ([][]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, a.width, a.height))
	wanted := min(limit, len(a.frames))
	var out [][]byte
	for i, f := range a.frames {
		drawn, err := f.decode()
		if err != nil {
			return nil, fmt.Errorf("frame %d: %w", i, err)
		}
		var before *image.NRGBA
		if f.dispose == restore {
			before = image.NewNRGBA(f.place)
			draw.Draw(before, f.place, canvas, f.place.Min, draw.Src)
		}
		operator := draw.Src
		if f.over {
			operator = draw.Over
		}
		draw.Draw(canvas, f.place, drawn, drawn.Bounds().Min, operator)
		if i == len(out)*len(a.frames)/wanted {
			var b bytes.Buffer
			if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, canvas); err != nil {
				return nil, err
			}
			if out = append(out, b.Bytes()); len(out) == wanted {
				return out, nil
			}
		}
		switch f.dispose {
		case clear:
			draw.Draw(canvas, f.place, image.Transparent, image.Point{}, draw.Src)
		case restore:
			draw.Draw(canvas, f.place, before, f.place.Min, draw.Src)
		}
	}
	return out, nil
}
