package augment

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"testing"

	libjpeg "github.com/pali3/pali3/augment/jpeg"
)

// smooth is a JPEG without colours near the bounds of their range.
func smooth(t *testing.T, height, width int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			fx, fy := float64(x), float64(y)
			m.Set(x, y, color.NRGBA{uint8(128 + 40*math.Sin(fx/9)), uint8(120 + 40*math.Cos(fy/7)), uint8(128 + 40*math.Sin((fx+fy)/11)), 255})
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func apply(t *testing.T, ops string, encoded []byte) Tensor {
	t.Helper()
	m, err := MustParse(ops).Apply(encoded, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tensorDifference returns the largest and the mean absolute difference.
func tensorDifference(t *testing.T, a, b Tensor) (most, mean float64) {
	t.Helper()
	if a.Shape() != b.Shape() {
		t.Fatalf("shapes %v and %v", a.Shape(), b.Shape())
	}
	for i := range a.Pix {
		d := math.Abs(float64(a.Pix[i]) - float64(b.Pix[i]))
		most, mean = max(most, d), mean+d/float64(len(a.Pix))
	}
	return most, mean
}

// TestResizeAsPlanes_IsNearRGB compares with the way over RGB, which rounds to 8 bits in between.
func TestResizeAsPlanes_IsNearRGB(t *testing.T) {
	for _, size := range [][2]int{{97, 131}, {64, 64}, {33, 300}, {7, 5}, {300, 16}, {1, 1}} {
		encoded := smooth(t, size[0], size[1])
		for _, ops := range []string{"decode|resize(40", "decode|resize(150,31", "decode|resize(16,bicubic", "decode|resize(50,70,bilinear,false"} {
			most, mean := tensorDifference(t, apply(t, ops+")", encoded), apply(t, ops+",as=planes)", encoded))
			if most > 1.6 || mean > 0.4 {
				t.Errorf("%v, %s): differs by up to %.2f, %.3f on average", size, ops, most, mean)
			}
		}
	}
}

// TestResizeAsPlanes_OfCrop compares crops, whose chroma begins within a sample.
func TestResizeAsPlanes_OfCrop(t *testing.T) {
	encoded := smooth(t, 97, 131)
	for _, ops := range []string{"decode|central_crop(50,61)|resize(40", "decode|central_crop(51,60)|resize(64"} {
		if most, mean := tensorDifference(t, apply(t, ops+")", encoded), apply(t, ops+",as=planes)", encoded)); most > 1.6 || mean > 0.4 {
			t.Errorf("%s): differs by up to %.2f, %.3f on average", ops, most, mean)
		}
	}
}

// TestDecodeScale_IsThatOfTheDecoder compares with jpeg.Options.Scale, which is compared with
// Pillow's draft.
func TestDecodeScale_IsThatOfTheDecoder(t *testing.T) {
	encoded := smooth(t, 200, 330)
	for ops, scale := range map[string]int{"decode(scale=2)": 2, "decode(scale=8)": 8, "decode(scale=auto)|resize(50)": 4, "decode(scale=auto)|resize(51)": 2,
		"decode(scale=auto)|resize(25)": 8, "decode(scale=auto)|resize(101,10)": 1} {
		m, err := libjpeg.Decode(encoded, libjpeg.Options{Scale: scale})
		if err != nil {
			t.Fatal(err)
		}
		want := newImage(m.Height, m.Width)
		m.RGB(want.Pix)
		got := apply(t, ops, encoded)
		if rest, found := strings.CutPrefix(ops, "decode(scale=auto)|"); found {
			p := &Pixels{image: want}
			if err := run(MustParse("decode|" + rest).steps[1:], p, nil); err != nil {
				t.Fatal(err)
			}
			if most, _ := tensorDifference(t, got, *p.Tensor()); most > 0 {
				t.Errorf("%s: not at 1/%d", ops, scale)
			}
			continue
		}
		if most, _ := tensorDifference(t, got, want.Float()); most > 0 {
			t.Errorf("%s: other pixels", ops)
		}
	}
}

func TestDecodeScale_NeedsASize(t *testing.T) {
	for ops, want := range map[string]string{
		"decode(scale=auto)":                   "scale=auto needs an op behind it",
		"decode(scale=auto)|resize_small(224)": "scale=auto needs an op behind it",
		"decode(scale=3)":                      "not auto, 1, 2, 4 or 8",
		"decode|resize(224,as=cv)":             `as is "cv"`,
	} {
		_, err := Parse(ops)
		var parse *ParseError
		if !errors.As(err, &parse) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", ops, err)
		}
	}
}

// TestDecodeScale_TurnsUpright decodes a JPEG with an orientation at half the size.
func TestDecodeScale_TurnsUpright(t *testing.T) {
	encoded := readFile(t, "testdata/images/orientation6.jpg")
	whole, half := apply(t, "decode", encoded), apply(t, "decode(scale=2)", encoded)
	if (whole.Height+1)/2 != half.Height || (whole.Width+1)/2 != half.Width {
		t.Errorf("%v at half the size is %v", whole.Shape(), half.Shape())
	}
}
