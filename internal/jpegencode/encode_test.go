package jpegencode

import (
	"bytes"
	"image"
	"image/jpeg"
	"testing"

	"github.com/pali3/pali3/random"
)

// noisy returns an image of edges, slopes and noise.
func noisy(width, height int) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	rng := random.New(uint64(width), uint64(height))
	for i := range m.Y {
		m.Y[i] = uint8(i%m.YStride*3 + rng.IntN(1+i/m.YStride%40) + i/97%2*90)
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(100+i%m.CStride), uint8(90+rng.IntN(60))
	}
	return m
}

// squaredError returns the mean squared error of a decoded file.
func squaredError(t *testing.T, encoded []byte, want *image.YCbCr) float64 {
	t.Helper()
	decoded, err := jpeg.Decode(bytes.NewReader(encoded))
	if err != nil {
		t.Fatal(err)
	}
	got, ok := decoded.(*image.YCbCr)
	if !ok || got.Rect != want.Rect {
		t.Fatalf("%T of %v, want %v", decoded, decoded.Bounds(), want.Rect)
	}
	sum := 0.0
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			a, b := got.YCbCrAt(x, y), want.YCbCrAt(x, y)
			for _, d := range []int{int(a.Y) - int(b.Y), int(a.Cb) - int(b.Cb), int(a.Cr) - int(b.Cr)} {
				sum += float64(d * d)
			}
		}
	}
	return sum / float64(want.Rect.Dx()*want.Rect.Dy())
}

// TestEncode compares size and error with those of image/jpeg, which uses the same tables.
func TestEncode(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {7, 5}, {8, 8}, {16, 16}, {17, 33}, {100, 60}, {256, 256}} {
		for _, quality := range []int{1, 20, 75, 95, 100} {
			m := noisy(size[0], size[1])
			e, err := encoderOf(quality)
			if err != nil {
				t.Fatal(err)
			}
			ours := e.encode(m)
			var theirs bytes.Buffer
			if err := jpeg.Encode(&theirs, m, &jpeg.Options{Quality: quality}); err != nil {
				t.Fatal(err)
			}
			a, b := squaredError(t, ours, m), squaredError(t, theirs.Bytes(), m)
			if a > b*1.05+0.1 || float64(len(ours)) > 1.02*float64(theirs.Len())+8 {
				t.Errorf("%v at %d: %d bytes with error %.2f, image/jpeg makes %d with %.2f", size, quality, len(ours), a, theirs.Len(), b)
			}
		}
	}
}

// TestTransform_EqualsPortable compares the transform of this build with the portable one, bit for
// bit.
func TestTransform_EqualsPortable(t *testing.T) {
	rng := random.New(3)
	e, err := encoderOf(90)
	if err != nil {
		t.Fatal(err)
	}
	pix := make([]uint8, 40*12)
	for round := range 500 {
		for i := range pix {
			pix[i] = uint8(rng.IntN(1 + round%256))
		}
		for _, stride := range []int{8, 11, 40} {
			var got, want [64]int32
			a, b := transform(&got, pix, stride, &e.scale[round%2]), transformPortable(&want, pix, stride, &e.scale[round%2])
			if got != want || a != b {
				t.Fatalf("stride %d: %v, bits %x; portably %v, %x", stride, got, a, want, b)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	m := noisy(256, 256)
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			e, _ := encoderOf(95)
			e.encode(m)
		}
	})
	b.Run("image/jpeg", func(b *testing.B) {
		for b.Loop() {
			var out bytes.Buffer
			jpeg.Encode(&out, m, &jpeg.Options{Quality: 95})
		}
	})
}
