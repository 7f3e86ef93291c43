package benchmarks

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"slices"
	"testing"
)

// TestOutline_EqualsCOCOs compares masks with those of COCO's code (parity/ingest_outlines.py).
func TestOutline_EqualsCOCOs(t *testing.T) {
	content, err := os.ReadFile("testdata/outlines.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Size     [2]int
		Polygons [][]float64
		Runs     []int64
		Text     string
		Pixels   int
	}
	if err := json.Unmarshal(content, &cases); err != nil {
		t.Fatal(err)
	}
	covered := 0
	for n, c := range cases {
		height, width := c.Size[0], c.Size[1]
		text, _ := json.Marshal(map[string]any{"counts": c.Text, "size": c.Size})
		var o Outline
		if err := json.Unmarshal(text, &o); err != nil || !slices.Equal(o.Runs, c.Runs) {
			t.Fatalf("case %d: runs %v, want %v (%v)", n, o.Runs, c.Runs, err)
		}
		whole := image.Rect(0, 0, width, height)
		want, err := o.draw(height, width, whole)
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&Outline{Polygons: c.Polygons}).draw(height, width, whole)
		if err != nil || !slices.Equal(got.inside, want.inside) {
			t.Fatalf("case %d: %v\n%v\nwant\n%v", n, err, got.inside, want.inside)
		}
		pixels := 0
		for _, in := range got.inside {
			if in {
				pixels++
			}
		}
		if pixels != c.Pixels {
			t.Fatalf("case %d: %d pixels, want %d", n, pixels, c.Pixels)
		}
		covered += pixels
		part := image.Rect(width/4, height/3, width-width/4, height)
		for _, o := range []*Outline{{Polygons: c.Polygons}, {Runs: c.Runs, Size: c.Size}} {
			cut, err := o.draw(height, width, part)
			if err != nil {
				t.Fatal(err)
			}
			for y := part.Min.Y; y < part.Max.Y; y++ {
				row := want.inside[y*width:][part.Min.X:part.Max.X]
				if !slices.Equal(cut.inside[(y-part.Min.Y)*part.Dx():][:part.Dx()], row) {
					t.Fatalf("case %d: row %d of the part differs", n, y)
				}
			}
		}
	}
	if covered == 0 {
		t.Error("nothing was compared")
	}
}

func TestBox_Mask(t *testing.T) {
	b := box{X: 1.5, Y: 2, Width: 3, Height: 2, Outline: &Outline{Polygons: [][]float64{{1, 2, 4, 2, 4, 4, 1, 4}}}}
	content, err := b.mask(10, 10)
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(content))
	if err != nil || m.Bounds() != image.Rect(0, 0, 4, 2) {
		t.Fatal(m.Bounds(), err)
	}
	for x, want := range []uint32{0xffff, 0xffff, 0xffff, 0} {
		if got, _, _, _ := m.At(x, 1).RGBA(); got != want {
			t.Errorf("pixel %d: %x", x, got)
		}
	}
	if content, err := (&box{Width: 5, Height: 5, Outline: &Outline{Polygons: [][]float64{{8, 8, 9, 8, 9, 9}}}}).mask(10, 10); content != nil || err != nil {
		t.Error("a mask without a pixel", err)
	}
}

func TestOutline_Errors(t *testing.T) {
	for _, text := range []string{
		`{"counts": "~", "size": [2, 2]}`, `{"counts": "oooo", "size": [2, 2]}`, `{"counts": "oooooooooooooooo", "size": [2, 2]}`,
		`{"counts": [1, 9], "size": [2, 2]}`, `{"counts": [-1], "size": [2, 2]}`, `{"counts": [1, 2], "size": [3, 2]}`,
		`[[1, 2, 3]]`, `[[1e9, 0, 0, 0, 1, 1]]`, `[3]`, `"no"`, `{"counts": {}, "size": [2, 2]}`,
	} {
		var o Outline
		err := json.Unmarshal([]byte(text), &o)
		if err == nil {
			_, err = o.draw(2, 2, image.Rect(0, 0, 2, 2))
		}
		if err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	long := make([]float64, 2000)
	for i := range long {
		long[i] = float64(i%4/2) * maxCorner
	}
	if _, err := (&Outline{Polygons: [][]float64{long}}).draw(2, 2, image.Rect(0, 0, 2, 2)); err == nil {
		t.Error("no error of an outline that is too long")
	}
}
