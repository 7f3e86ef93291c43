package augment

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"
	"testing"

	"github.com/pali3/pali3/random"
)

// TestGeometry_BoxIsTheDrawnBox draws a white box on black, applies random ops, and compares where
// the white is with where the geometry puts the box and its mask: equal to the pixel if nothing
// resizes, and within a pixel after one resize.
func TestGeometry_BoxIsTheDrawnBox(t *testing.T) {
	exact, near := 0, 0
	for i := range uint64(4000) {
		rng := random.New(i)
		height, width := 8+rng.IntN(40), 8+rng.IntN(40)
		y0, x0 := rng.IntN(height), rng.IntN(width)
		y1, x1 := y0+1+rng.IntN(height-y0), x0+1+rng.IntN(width-x0)
		encoded := encodePNG(t, width, height, func(x, y int) color.Color {
			if x >= x0 && x < x1 && y >= y0 && y < y1 {
				return color.White
			}
			return color.Black
		})
		ops, resizes := movingOps(rng)
		p, err := Parse(ops)
		if err != nil {
			t.Fatal(err)
		}
		got, g, err := p.ApplyWithGeometry(encoded, random.New(i, 1))
		if err != nil {
			continue // a crop that is larger than the image, or a shape that is smaller
		}
		h, w := float64(height), float64(width)
		box, left := g.Box([4]float64{float64(y0) / h, float64(x0) / w, float64(y1) / h, float64(x1) / w})
		moved := [4]float64{box[0] * float64(got.Height), box[1] * float64(got.Width), box[2] * float64(got.Height), box[3] * float64(got.Width)}
		white, area := whiteBox(got)
		what := fmt.Sprintf("image %d, %s: the box %v is at %v, and the white at %v", i, ops, [4]int{y0, x0, y1, x1}, moved, white)
		switch {
		case resizes == 0:
			exact++
			part := float64(area) / float64((y1-y0)*(x1-x0))
			if left > 0 != (area > 0) || area > 0 && distance(moved, white) > 1e-6 || math.Abs(left-part) > 1e-6 {
				t.Errorf("%s; %v of it is left, want %v", what, left, part)
			}
			mask := image.NewGray(image.Rect(0, 0, width, height))
			for at := range mask.Pix {
				if y, x := at/width, at%width; y >= y0 && y < y1 && x >= x0 && x < x1 {
					mask.Pix[at] = 255
				}
			}
			if masked, err := g.Mask(mask, 1<<20); err != nil || !showsMask(got, masked) {
				t.Errorf("%s; the mask, of %v, is another (%v)", what, masked.Rect, err)
			}
		case resizes == 1 && area > 0 && moved[2]-moved[0] > 3 && moved[3]-moved[1] > 3:
			near++
			if distance(moved, white) > 1.01 {
				t.Error(what)
			}
		}
	}
	if exact < 1000 || near < 300 {
		t.Errorf("%d exact and %d near comparisons", exact, near)
	}
}

// movingOps draws ops that move what is in an image, and counts those that resize.
func movingOps(rng *random.Stream) (ops string, resizes int) {
	all := []string{"decode"}
	for range 1 + rng.IntN(5) {
		a, b := 2+rng.IntN(40), 2+rng.IntN(40)
		switch rng.IntN(10) {
		case 0:
			all = append(all, fmt.Sprintf("central_crop(%d,%d)", min(a, 20), min(b, 20)))
		case 1:
			all = append(all, fmt.Sprintf("random_crop(%d,%d)", min(a, 20), min(b, 20)))
		case 2:
			all = append(all, "central_crop")
		case 3, 4:
			all = append(all, "flip_lr")
		case 5:
			all = append(all, fmt.Sprintf("pad_to_shape(%d,%d,0,%s)", 45+a, 45+b, []string{"after", "before", "both"}[rng.IntN(3)]))
		case 6:
			all = append(all, fmt.Sprintf("patchify(%d,400)", 1+a%7))
		case 7:
			all = append(all, "inception_box(20)")
		case 8:
			resizes++
			all = append(all, fmt.Sprintf("resize(%d,%d,nearest)", a, b))
		case 9:
			resizes++
			all = append(all, fmt.Sprintf("%s(%d)", []string{"resize_small", "resize_long", "resize_inside"}[rng.IntN(3)], 10+a))
		}
	}
	return strings.Join(all, "|"), resizes
}

// whiteBox returns the box around the white pixels, and their number.
func whiteBox(t Tensor) (box [4]float64, area int) {
	box = [4]float64{math.Inf(1), math.Inf(1), 0, 0}
	for i := range t.Height * t.Width {
		if t.Pix[3*i] < 127.5 {
			continue
		}
		area++
		y, x := float64(i/t.Width), float64(i%t.Width)
		box = [4]float64{min(box[0], y), min(box[1], x), max(box[2], y+1), max(box[3], x+1)}
	}
	return box, area
}

// showsMask reports whether the white pixels are those of the mask.
func showsMask(t Tensor, mask *image.Gray) bool {
	if mask.Rect.Dx() != t.Width || mask.Rect.Dy() != t.Height {
		return false
	}
	for i, v := range mask.Pix {
		if (v != 0) != (t.Pix[3*i] >= 127.5) {
			return false
		}
	}
	return true
}

func distance(a, b [4]float64) (most float64) {
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}
