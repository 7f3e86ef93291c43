package augment

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"testing"
)

// soft is an image of slow waves in all three planes, within the colours that RGB has.
func soft(width, height int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, width, height), ratio)
	wave := func(plane []uint8, stride, byRow, byColumn int, height, phase float64) {
		for i := range plane {
			x, y := (float64(i%stride)+0.5)*float64(byColumn), (float64(i/stride)+0.5)*float64(byRow)
			plane[i] = uint8(128 + height*math.Sin(x/9+phase)*math.Cos(y/7-phase))
		}
	}
	rows, columns := subsampling(ratio)
	wave(m.Y, m.YStride, 1, 1, 40, 0.3)
	wave(m.Cb, m.CStride, rows, columns, 25, 1)
	wave(m.Cr, m.CStride, rows, columns, 25, 2)
	return m
}

var allRatios = []image.YCbCrSubsampleRatio{
	image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
	image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
}

// TestResizeOfPlanesIsThatOfPixels compares with the way over RGB and back, whose chroma is the
// mean of four pixels.
func TestResizeOfPlanesIsThatOfPixels(t *testing.T) {
	for _, ratio := range allRatios {
		for _, sizes := range [][4]int{{90, 121, 44, 60}, {90, 121, 30, 50}, {64, 64, 64, 64}, {61, 47, 80, 100}, {130, 99, 16, 14}} {
			m := soft(sizes[1], sizes[0], ratio)
			height, width := sizes[2], sizes[3]
			got := ResizeYCbCr(m, height, width, image.Rect(0, 0, width, height))
			pixels := rasterOf(m).colour.Resize(height, width, Bilinear, true).Pix
			var luma, chroma float64
			for y := range height {
				for x := range width {
					p := pixels[3*(y*width+x):]
					luma += math.Abs(float64(0.299*p[0]+0.587*p[1]+0.114*p[2]) - float64(got.Y[y*got.YStride+x]))
				}
			}
			for y := 0; y < height; y += 2 {
				for x := 0; x < width; x += 2 {
					var r, g, b float64
					for _, i := range [4]int{0, 1, width, width + 1} {
						p := pixels[3*(y*width+x+i):]
						r, g, b = r+float64(p[0])/4, g+float64(p[1])/4, b+float64(p[2])/4
					}
					at := y/2*got.CStride + x/2
					chroma += math.Abs(128-0.168736*r-0.331264*g+0.5*b-float64(got.Cb[at])) + math.Abs(128+0.5*r-0.418688*g-0.081312*b-float64(got.Cr[at]))
				}
			}
			luma, chroma = luma/float64(height*width), 2*chroma/float64(height*width)
			limit := 1.5
			if ratio == image.YCbCrSubsampleRatio411 || ratio == image.YCbCrSubsampleRatio410 {
				limit = 4 // Decode repeats their samples
			}
			if luma > 0.6 || chroma > limit {
				t.Errorf("%v %v: luma differs by %.2f of 255 in the mean, chroma by %.2f; at most 0.6 and %.1f allowed", ratio, sizes, luma, chroma, limit)
			}
		}
	}
}

// TestPartOfPlanes cuts a part and compares it with that part of the whole.
func TestPartOfPlanes(t *testing.T) {
	m := soft(121, 90, image.YCbCrSubsampleRatio420)
	whole := ResizeYCbCr(m, 60, 80, image.Rect(0, 0, 80, 60))
	part := ResizeYCbCr(m, 60, 80, image.Rect(10, 4, 41, 55))
	for y := range 51 {
		for x := range 31 {
			if got, want := part.YCbCrAt(x, y), whole.YCbCrAt(10+x, 4+y); got != want {
				t.Fatalf("at %d,%d: %v, in the whole %v", x, y, got, want)
			}
		}
	}
}

func TestDecodeYCbCr(t *testing.T) {
	encode := func(m image.Image) []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	coloured := encode(soft(33, 21, image.YCbCrSubsampleRatio420))
	m, err := DecodeYCbCr(coloured)
	if err != nil || m == nil || m.Rect != image.Rect(0, 0, 33, 21) {
		t.Errorf("a JPEG in colour: %v, %v", m, err)
	}
	var asPNG bytes.Buffer
	if err := png.Encode(&asPNG, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	for name, encoded := range map[string][]byte{"grey": encode(image.NewGray(image.Rect(0, 0, 9, 9))), "PNG": asPNG.Bytes()} {
		if m, err := DecodeYCbCr(encoded); m != nil || err != nil {
			t.Errorf("%s: %v, %v; want neither", name, m, err)
		}
	}
	if _, err := DecodeYCbCr(coloured[:len(coloured)/2]); !errors.Is(err, ErrTruncated) {
		t.Errorf("half a file: %v", err)
	}
	if _, err := (Limits{MaxBytes: 1 << 20, MaxPixels: 100, MaxSide: 100}).DecodeYCbCr(coloured); !errors.Is(err, ErrTooLarge) {
		t.Errorf("beyond the limits: %v", err)
	}
}
