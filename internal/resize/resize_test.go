package resize

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"testing"

	"github.com/pali3/pali3/augment"
)

// slope returns an image that gets redder to the right and greener downwards.
func slope(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 60, 255})
		}
	}
	return m
}

func encodePNG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestApply_Modes(t *testing.T) {
	wide := encodePNG(t, slope(120, 60))
	for _, c := range []struct {
		options       Options
		width, height int
	}{
		{Options{Mode: Keep, Size: 40}, 40, 20},
		{Options{Mode: KeepRatio, Size: 40}, 80, 40},
		{Options{Mode: CenterCrop, Size: 40}, 40, 40},
		{Options{Mode: Border, Size: 40}, 40, 40},
		{Options{Mode: Border, Size: 240, Enlarge: true}, 240, 240},
	} {
		r, err := New(c.options)
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Apply(wide)
		if err != nil {
			t.Fatal(err)
		}
		m, err := augment.Decode(got)
		if err != nil || m.Width != c.width || m.Height != c.height {
			t.Errorf("%s: %d x %d, want %d x %d (%v)", r.Name(), m.Width, m.Height, c.width, c.height, err)
		}
	}
}

func TestApply_Pixels(t *testing.T) {
	r, _ := New(Options{Mode: Border, Size: 40})
	got, err := r.Apply(encodePNG(t, slope(120, 60)))
	if err != nil {
		t.Fatal(err)
	}
	m, err := augment.Decode(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		x, y    int
		r, g, b int
	}{{20, 3, 255, 255, 255}, {20, 36, 255, 255, 255}, {10, 20, 66, 127, 60}, {30, 14, 194, 56, 60}} {
		at := m.Pix[3*(c.y*m.Width+c.x):]
		for i, want := range []int{c.r, c.g, c.b} {
			if d := int(at[i]) - want; d < -6 || d > 6 {
				t.Errorf("pixel %d,%d is %v, want %d %d %d", c.x, c.y, at[:3], c.r, c.g, c.b)
				break
			}
		}
	}
}

func TestApply_LeavesSmallImagesUnchanged(t *testing.T) {
	small := encodePNG(t, slope(30, 20))
	for _, mode := range modes() {
		r, _ := New(Options{Mode: mode, Size: 30})
		if got, err := r.Apply(small); err != nil || !bytes.Equal(got, small) {
			t.Errorf("%s changed a small image: %v", mode, err)
		}
	}
}

func TestNew_RefusesBadOptions(t *testing.T) {
	for _, o := range []Options{{Mode: "fit", Size: 10}, {Mode: Keep}, {Mode: Keep, Size: 10, Quality: 101}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	r, _ := New(Options{Mode: Keep, Size: 10})
	if _, err := r.Apply([]byte("<html>")); err == nil {
		t.Error("a page was taken")
	}
}

func BenchmarkApply(b *testing.B) {
	var source bytes.Buffer
	if name := os.Getenv("PALI3_BENCH_PICTURE"); name != "" {
		content, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		source.Write(content)
	} else {
		jpeg.Encode(&source, slope(640, 480), &jpeg.Options{Quality: 90})
	}
	r, _ := New(Options{Mode: CenterCrop, Size: 256})
	b.SetBytes(int64(source.Len()))
	for b.Loop() {
		if _, err := r.Apply(source.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
