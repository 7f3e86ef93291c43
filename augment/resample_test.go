package augment

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// pattern holds the values that parity/augment_goldens.py resizes.
func pattern(height, width int) *Image {
	m := newImage(height, width)
	for y := range height {
		for x := range width {
			for c := range 3 {
				m.Pix[3*(y*width+x)+c] = uint8((y*37 + x*101 + c*53 + (y*x)%29*7) % 256)
			}
		}
	}
	return m
}

func TestResizeAgainstPIL(t *testing.T) {
	var cases []struct {
		From, To [2]int
		Method   string
		Want     []float64
	}
	if err := json.Unmarshal(readFile(t, "testdata/resize.json"), &cases); err != nil {
		t.Fatal(err)
	}
	filters := map[string]Filter{"bilinear": Bilinear, "bicubic": Bicubic, "nearest": Nearest}
	for _, c := range cases {
		got := pattern(c.From[0], c.From[1]).Float().Resize(c.To[0], c.To[1], filters[c.Method], true)
		for i, want := range c.Want {
			if math.Abs(float64(got.Pix[i])-want) > 2e-3 {
				t.Errorf("%v to %v, %s: value %d is %v, want %v", c.From, c.To, c.Method, i, got.Pix[i], want)
				break
			}
		}
	}
}

func TestResizeOfBytesAndFloatsAgree(t *testing.T) {
	m := pattern(33, 20)
	a, b := m.Resize(7, 9, Bilinear, true), m.Float().Resize(7, 9, Bilinear, true)
	for i := range a.Pix {
		if a.Pix[i] != b.Pix[i] {
			t.Fatalf("value %d: %v and %v", i, a.Pix[i], b.Pix[i])
		}
	}
}

func TestResizeToItsOwnSizeChangesNothing(t *testing.T) {
	m := pattern(12, 17)
	for f := Bilinear; f <= Nearest; f++ {
		for i, v := range m.Resize(12, 17, f, true).Pix {
			if v != float32(m.Pix[i]) {
				t.Fatalf("%v: value %d is %v, was %d", f, i, v, m.Pix[i])
			}
		}
	}
}

// TestWithoutAntialias: output 0 of 8 to 2 lies between source pixels 1 and 2, half each.
func TestWithoutAntialias(t *testing.T) {
	row := &Image{1, 8, make([]uint8, 24)}
	for i := range row.Pix {
		row.Pix[i] = uint8(10 * (i / 3))
	}
	got := row.Resize(1, 2, Bilinear, false)
	if got.Pix[0] != 15 || got.Pix[3] != 55 {
		t.Errorf("%v and %v, want 15 and 55", got.Pix[0], got.Pix[3])
	}
}

func TestBicubicOfBytesStaysInRange(t *testing.T) {
	m := newImage(2, 8)
	for i := range m.Pix {
		m.Pix[i] = uint8(255 * (i / 12 % 2))
	}
	for i, v := range m.Resize(8, 32, Bicubic, true).Pix {
		if v < 0 || v > 255 {
			t.Fatalf("value %d is %v", i, v)
		}
	}
}

// TestResizePIL_EqualsPillow compares all bytes by their hash.
func TestResizePIL_EqualsPillow(t *testing.T) {
	var cases []struct {
		From, To [2]int
		Method   string
		SHA256   string
	}
	if err := json.Unmarshal(readFile(t, "testdata/resize_pil.json"), &cases); err != nil {
		t.Fatal(err)
	}
	filters := map[string]Filter{"bilinear": Bilinear, "bicubic": Bicubic, "nearest": Nearest}
	for _, c := range cases {
		got := pattern(c.From[0], c.From[1]).ResizePIL(c.To[0], c.To[1], filters[c.Method])
		if sum := fmt.Sprintf("%x", sha256.Sum256(got.Pix)); sum != c.SHA256 {
			t.Errorf("%v to %v, %s: SHA-256 %.8s, want %.8s", c.From, c.To, c.Method, sum, c.SHA256)
		}
	}
}

func TestParse_PillowsResizeNeedsBytes(t *testing.T) {
	p := MustParse("decode|value_range(0,1)|resize(8,bicubic,pil)")
	if _, err := p.Apply(readFile(t, "testdata/images/lossless.webp"), nil); err == nil || !strings.Contains(err.Error(), "8-bit") {
		t.Errorf("resizing floats as Pillow does: %v", err)
	}
}

func TestVGGValueRange_IsPerChannel(t *testing.T) {
	p := MustParse("decode|resize(2,bilinear,pil)|vgg_value_range(10,20,30,1,2,4)")
	raw, err := MustParse("decode|resize(2,bilinear,pil)").Apply(readFile(t, "testdata/images/lossless.webp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Apply(readFile(t, "testdata/images/lossless.webp"), nil)
	if err != nil {
		t.Fatal(err)
	}
	mean, std := []float32{10, 20, 30}, []float32{1, 2, 4}
	for i, v := range raw.Pix {
		if want := (v - mean[i%3]) / std[i%3]; got.Pix[i] != want {
			t.Fatalf("value %d is %g, want %g", i, got.Pix[i], want)
		}
	}
	if _, err := Parse("decode|vgg_value_range(0,0,0,1,1,0)"); err == nil {
		t.Error("a deviation of 0 was accepted")
	}
}
