package augment

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"
)

// photograph is a 640x480 JPEG of quality 90, 4:2:0, with detail at all scales.
func photograph(b *testing.B) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, 640, 480))
	for y := range 480 {
		for x := range 640 {
			fx, fy := float64(x), float64(y)
			v := 128 + 50*math.Sin(fx/40)*math.Cos(fy/60) + 30*math.Sin(fx*fy/900) + 20*math.Sin(fx/3+fy/5)
			m.Set(x, y, color.NRGBA{uint8(v), uint8(255 - v), uint8(v/2 + fx/8), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

func BenchmarkDecodeJPEG(b *testing.B) {
	encoded := photograph(b)
	for b.Loop() {
		if _, err := Decode(encoded); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}

func BenchmarkResize(b *testing.B) {
	m, err := Decode(photograph(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Resize(224, 224, Bilinear, true)
	}
	perSecond(b)
}

func BenchmarkPipeline(b *testing.B) {
	p, encoded := MustParse("decode|resize(224)|value_range(-1,1)"), photograph(b)
	for b.Loop() {
		if _, err := p.Apply(encoded, nil); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b)
}
