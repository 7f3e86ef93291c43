package jpeg

import (
	"bytes"
	"image"
	standard "image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// photograph is a 640x480 JPEG of quality 90, 4:2:0, with detail at all scales.
func photograph(b *testing.B) []byte {
	m := image.NewYCbCr(image.Rect(0, 0, 640, 480), image.YCbCrSubsampleRatio420)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Y {
		x, y := float64(i%640), float64(i/640)
		m.Y[i] = uint8(128 + 50*math.Sin(x/40)*math.Cos(y/60) + 30*math.Sin(x*y/9000) + 15*math.Sin(x/3+y/5) + r.NormFloat64()*4)
	}
	for i := range m.Cb {
		x, y := float64(i%320), float64(i/320)
		m.Cb[i], m.Cr[i] = uint8(128+40*math.Sin(x/50)+r.NormFloat64()), uint8(128+40*math.Cos(y/40)+r.NormFloat64())
	}
	var out bytes.Buffer
	if err := standard.Encode(&out, m, &standard.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkDecode decodes to RGB; SetBytes counts the bytes of the RGB.
func BenchmarkDecode(b *testing.B) {
	file := photograph(b)
	for name, scale := range map[string]int{"whole": 1, "half": 2, "quarter": 4, "eighth": 8} {
		b.Run(name, func(b *testing.B) {
			var d Decoder
			rgb := make([]byte, 3*640*480)
			b.SetBytes(int64(len(rgb)))
			for b.Loop() {
				m, err := d.Decode(file, Options{Scale: scale})
				if err != nil {
					b.Fatal(err)
				}
				m.RGB(rgb)
			}
		})
	}
}

// BenchmarkStandardLibrary decodes the same file to planes with image/jpeg.
func BenchmarkStandardLibrary(b *testing.B) {
	file := photograph(b)
	b.SetBytes(3 * 640 * 480)
	for b.Loop() {
		if _, err := standard.Decode(bytes.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	const n = 640
	luma, cb, cr, rgb, sums := make([]byte, n), make([]byte, n), make([]byte, n), make([]byte, 3*n), make([]uint16, n/2+2)
	var block, quant [64]int16
	for i := range block {
		block[i], quant[i] = int16(20-i), int16(3+i/8)
	}
	for name, run := range map[string]func(){
		"transform 8x8 of 64 samples":  func() { inverseFull(rgb, 8, &block, &quant) },
		"transform 4x4 of 16 samples":  func() { inverse4x4Full(rgb, 4, &block, &quant) },
		"transform 2x2 of 4 samples":   func() { inverse2x2(rgb, 2, &block, &quant, 63) },
		"convert a row of 640 pixels":  func() { convertRow(rgb, luma, cb, cr) },
		"widen a row to 640 samples":   func() { widenRow(rgb, sums, 8, 7) },
		"add rows of 320 samples":      func() { sumRows(sums[1:n/2+1], luma, cb) },
		"blend rows of 640 samples":    func() { blendRows(rgb[:n], luma, cb, 1) },
		"portable transform 8x8":       func() { inverseFullPortable(rgb, 8, &block, &quant) },
		"portable conversion of a row": func() { convertRowPortable(rgb, luma, cb, cr) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				run()
			}
		})
	}
}
