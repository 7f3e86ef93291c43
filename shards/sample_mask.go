package shards

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"github.com/pali3/pali3/internal/imagefile"
)

// WholeMask decodes the mask of a box and places it in an image of the given height and width: 255
// inside the object and 0 outside. It is an error if the box has no mask, or one whose size is not
// that of the pixels which the box touches.
func (b *Box) WholeMask(height, width int) (*image.Gray, error) {
	switch {
	case len(b.Mask) == 0:
		return nil, fmt.Errorf("box %q has no mask", b.Label)
	case height < 1 || width < 1 || height > imagefile.MaxPixels/width:
		return nil, fmt.Errorf("box %q: a mask for an image of height %d and width %d, want 1 to %d pixels", b.Label, height, width, imagefile.MaxPixels)
	}
	at, err := b.touched(height, width)
	if err != nil {
		return nil, err
	}
	config, err := png.DecodeConfig(bytes.NewReader(b.Mask))
	if err != nil {
		return nil, fmt.Errorf("the mask of box %q: %w", b.Label, err)
	}
	if config.Width != at.Dx() || config.Height != at.Dy() {
		return nil, fmt.Errorf("the mask of box %q has %dx%d pixels, and the box touches %dx%d of the image", b.Label, config.Width, config.Height, at.Dx(), at.Dy())
	}
	part, err := png.Decode(bytes.NewReader(b.Mask))
	if err != nil {
		return nil, fmt.Errorf("the mask of box %q: %w", b.Label, err)
	}
	whole := image.NewGray(image.Rect(0, 0, width, height))
	from := part.Bounds().Min
	for y := range at.Dy() {
		row := whole.Pix[whole.PixOffset(at.Min.X, at.Min.Y+y):]
		for x := range at.Dx() {
			if color.GrayModel.Convert(part.At(from.X+x, from.Y+y)).(color.Gray).Y >= 128 {
				row[x] = 255
			}
		}
	}
	return whole, nil
}

// touched returns the pixels that the box touches. Edges are fractions in float32, so one that is
// within rounding of a pixel's edge counts as being there.
func (b *Box) touched(height, width int) (image.Rectangle, error) {
	edge := func(at float32, side int, round func(float64) float64) int {
		exact := float64(at) * float64(side)
		if nearest := math.RoundToEven(exact); math.Abs(exact-nearest) <= float64(side)*0x1p-22 {
			return int(nearest)
		}
		return int(round(exact))
	}
	for _, at := range []float32{b.Y0, b.X0, b.Y1, b.X1} {
		if !(at >= 0 && at <= 1) {
			return image.Rectangle{}, fmt.Errorf("box %q: the edge %g is not a fraction of the image, 0 to 1", b.Label, at)
		}
	}
	at := image.Rectangle{
		Min: image.Pt(edge(b.X0, width, math.Floor), edge(b.Y0, height, math.Floor)),
		Max: image.Pt(edge(b.X1, width, math.Ceil), edge(b.Y1, height, math.Ceil)),
	}
	if at.Empty() {
		return at, fmt.Errorf("box %q has no pixel of an image of height %d and width %d", b.Label, height, width)
	}
	return at, nil
}
