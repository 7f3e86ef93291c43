package maskvae

import (
	"fmt"
	"image"
	"math"

	"github.com/pali3/pali3/internal/resample"
	"github.com/pali3/pali3/tokenize"
)

// Crop cuts a mask of a whole image, 255 inside the object and 0 outside, to the object's box and
// resizes it to [S·S] values in [0, 1] for [Codec.Encode], S = Config.Image. The edges of the box,
// y0, x0, y1, x1, are fractions of the image's height and width; they are rounded to pixels.
//
// It is what PaliGemma was trained with: bilinear resizing with antialiasing by tf.image.resize,
// and box edges rounded in float32, halves to even (big_vision pp/proj/paligemma/segmentation.py,
// refcoco_mask2str).
func (c Config) Crop(mask *image.Gray, box [4]float64) ([]float32, error) {
	size := mask.Bounds().Size()
	sides := [4]int{size.Y, size.X, size.Y, size.X}
	var at [4]int
	for i, edge := range box {
		if !(edge >= 0 && edge <= 1) {
			return nil, fmt.Errorf("cropping a mask: edge %d of the box %v is not a fraction of the image, 0 to 1", i, box)
		}
		at[i] = int(math.RoundToEven(float64(float32(sides[i]) * float32(edge))))
	}
	y0, x0, y1, x1 := at[0], at[1], at[2], at[3]
	if y1 <= y0 || x1 <= x0 {
		return nil, fmt.Errorf("cropping a mask of %dx%d pixels: the box %v, y0 x0 y1 x1, has no pixel", size.X, size.Y, box)
	}
	part := make([]float32, (y1-y0)*(x1-x0))
	for y := y0; y < y1; y++ {
		row := mask.Pix[mask.PixOffset(mask.Rect.Min.X, mask.Rect.Min.Y+y):]
		for x, v := range row[x0:x1] {
			part[(y-y0)*(x1-x0)+x] = float32(v)
		}
	}
	resized := resize(part, y1-y0, x1-x0, c.Image, c.Image)
	for i := range resized {
		resized[i] /= 255
	}
	return resized, nil
}

// Paste resizes a decoded mask, [S·S] values, to its box in an image of the given height and width
// and returns the image's mask: 255 where the value is above 0, and 0 elsewhere. Box holds the four
// <loc> numbers ymin, xmin, ymax, xmax.
//
// It is what PaliGemma is evaluated with: box edges truncated to pixels and bilinear resizing by
// Pillow, which antialiases (big_vision evaluators/proj/paligemma/transfers/segmentation.py). As
// there, it is an error if the box has no pixel.
func (c Config) Paste(decoded []float32, box [4]int, height, width int) (*image.Gray, error) {
	if len(decoded) != c.Image*c.Image {
		return nil, fmt.Errorf("pasting a mask: %d values, want %d·%d", len(decoded), c.Image, c.Image)
	}
	if err := checkSize(height, width); err != nil {
		return nil, err
	}
	for i, edge := range box {
		if edge < 0 || edge >= tokenize.Locations {
			return nil, fmt.Errorf("pasting a mask: edge %d of the box %v is not a location, 0 to %d", i, box, tokenize.Locations-1)
		}
	}
	at := pixelsOf(box, height, width)
	if at.Empty() {
		return nil, fmt.Errorf("pasting a mask: the box %v, ymin xmin ymax xmax, has no pixel of an image of height %d and width %d",
			box, height, width)
	}
	whole := image.NewGray(image.Rect(0, 0, width, height))
	paste(whole, decoded, c.Image, at)
	return whole, nil
}

// checkSize returns an error for an image without pixels or with too many of them.
func checkSize(height, width int) error {
	const mostPixels = 1 << 28
	if height < 1 || width < 1 || height > mostPixels/width {
		return fmt.Errorf("pasting a mask: an image of height %d and width %d, want 1 to %d pixels", height, width, mostPixels)
	}
	return nil
}

// pixelsOf truncates the edges of a box, ymin, xmin, ymax, xmax, to pixels.
func pixelsOf(box [4]int, height, width int) image.Rectangle {
	at := func(i, side int) int { return int(float64(box[i]) / (tokenize.Locations - 1) * float64(side)) }
	return image.Rectangle{Min: image.Pt(at(1, width), at(0, height)), Max: image.Pt(at(3, width), at(2, height))}
}

// paste resizes a mask of side by side values and sets the pixels of a part of an image where they
// are above 0.
func paste(whole *image.Gray, decoded []float32, side int, at image.Rectangle) {
	if at.Empty() {
		return
	}
	resized := resize(decoded, side, side, at.Dy(), at.Dx())
	for y := range at.Dy() {
		row := whole.Pix[whole.PixOffset(at.Min.X, at.Min.Y+y):]
		for x, v := range resized[y*at.Dx():][:at.Dx()] {
			if v > 0 {
				row[x] = 255
			}
		}
	}
}

// resize changes the size of pixels [height, width] bilinearly, with antialiasing where it shrinks.
// Sums are float64 and rows come first, as in Pillow for images of floats (Resample.c,
// ImagingResampleHorizontal_32bpc).
func resize(pixels []float32, height, width, toHeight, toWidth int) []float32 {
	narrow := make([]float32, height*toWidth)
	columns := resample.Axis(width, toWidth, 1, resample.Triangle)
	for y := range height {
		row := pixels[y*width:][:width]
		for x, t := range columns {
			narrow[y*toWidth+x] = weigh(t.Weights, row[t.First:], 1)
		}
	}
	out := make([]float32, toHeight*toWidth)
	for y, t := range resample.Axis(height, toHeight, 1, resample.Triangle) {
		for x := range toWidth {
			out[y*toWidth+x] = weigh(t.Weights, narrow[t.First*toWidth+x:], toWidth)
		}
	}
	return out
}

// weigh is the weighted sum of the pixels at from[0], from[step], from[2·step] and so on.
func weigh(weights []float64, from []float32, step int) float32 {
	total := 0.0
	for i, w := range weights {
		total += w * float64(from[i*step])
	}
	return float32(total)
}
