package augment

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestSequenceSize_EqualsTransformers compares with get_image_size_for_max_num_patches
// (parity/models_siglip.py).
func TestSequenceSize_EqualsTransformers(t *testing.T) {
	content, err := os.ReadFile("testdata/sequence_sizes.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][6]int
	if err := json.Unmarshal(content, &rows); err != nil || len(rows) < 100 {
		t.Fatal(len(rows), err)
	}
	for _, r := range rows {
		if h, w := SequenceSize(r[0], r[1], r[2], r[3]); h != r[4] || w != r[5] {
			t.Errorf("%d by %d in %d patches of %d is %d by %d, want %d by %d", r[0], r[1], r[3], r[2], h, w, r[4], r[5])
		}
	}
}

func TestResizeToSequence_KeepsTheAspect(t *testing.T) {
	got, err := MustParse("decode|resize_to_sequence(4, 9)|value_range(-1, 1)").Apply(numbered(t, 20, 5), nil)
	if err != nil {
		t.Fatal(err)
	}
	before, err := MustParse("decode").Apply(numbered(t, 20, 5), nil)
	if err != nil {
		t.Fatal(err)
	}
	if h, w := SequenceSize(before.Height, before.Width, 4, 9); h != got.Height || w != got.Width || h*w/16 > 9 {
		t.Errorf("%d by %d, want %d by %d", got.Height, got.Width, h, w)
	}
	for _, wrong := range []string{"decode|resize_to_sequence(16)", "decode|resize_to_sequence(0, 256)", "decode|resize_to_sequence(16, 256, 3, 4, 5)"} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("%s: no error", wrong)
		}
	}
}

// TestSequence_EqualsTransformers compares patches with those of Siglip2ImageProcessorPil, byte for
// byte (parity/models_siglip.py): long, tiny and huge images, and exact multiples of the patch.
func TestSequence_EqualsTransformers(t *testing.T) {
	var cases []struct {
		Size, Grid    [2]int
		Patch, Length int
		SHA256        string
	}
	if err := json.Unmarshal(readFile(t, "testdata/sequences.json"), &cases); err != nil || len(cases) < 20 {
		t.Fatal(len(cases), err)
	}
	for _, c := range cases {
		m := pattern(c.Size[0], c.Size[1])
		encoded := encodePNG(t, m.Width, m.Height, func(x, y int) color.Color {
			at := m.Pix[3*(y*m.Width+x):]
			return color.NRGBA{at[0], at[1], at[2], 255}
		})
		// The length of the op, and one that replaces another.
		for _, first := range []int{c.Length, 7} {
			p, err := MustParse(fmt.Sprintf("decode|resize_to_sequence(%d,%d,bilinear,pil)|value_range(-1,1)", c.Patch, first)).WithSequenceLength(c.Length)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Apply(encoded, nil)
			if err != nil {
				t.Fatal(err)
			}
			patches := make([]float32, p.Sequence().Values())
			rows, columns, err := got.WritePatches(patches, c.Patch)
			if err != nil || rows != c.Grid[0] || columns != c.Grid[1] {
				t.Fatalf("%+v: %d rows of %d patches, %v", c, rows, columns, err)
			}
			if back := FromPatches(patches, rows, columns, c.Patch); back.Height != got.Height || !slices.Equal(back.Pix, got.Pix) {
				t.Errorf("%+v: the image differs after it was cut into patches", c)
			}
			bytes := make([]byte, rows*columns*c.Patch*c.Patch*3)
			for i := range bytes {
				bytes[i] = uint8(math.RoundToEven(float64(patches[i]+1) * 127.5))
			}
			if sum := fmt.Sprintf("%x", sha256.Sum256(bytes)); sum != c.SHA256 {
				t.Errorf("%+v: the patches differ from those of transformers", c)
			}
		}
	}
}

func TestPipeline_SequenceIsThatOfTheLastSize(t *testing.T) {
	for ops, want := range map[string]Sequence{
		"decode|flip_lr|resize_to_sequence(16, 256)|value_range(-1, 1)":       {16, 256},
		"decode|resize(64)|resize_to_sequence(8, 9, bilinear, pil)|grayscale": {8, 9},
		"decode|resize_to_sequence(16, 256)|central_crop(16)":                 {},
		"decode|resize(64)": {},
		"decode":            {},
	} {
		p := MustParse(ops)
		if p.Sequence() != want {
			t.Errorf("%s: %+v, want %+v", ops, p.Sequence(), want)
		}
		if _, err := p.WithSequenceLength(4); (err == nil) != (want.Patch > 0) {
			t.Errorf("%s with another length: %v", ops, err)
		}
	}
	for _, length := range []int{-1, 0, maxOutput + 1} {
		if _, err := MustParse("decode|resize_to_sequence(16, 256)").WithSequenceLength(length); err == nil {
			t.Errorf("length %d: no error", length)
		}
	}
}

func TestWritePatches_CutsRowByRow(t *testing.T) {
	image := Tensor{4, 6, make([]float32, 4*6*3)}
	for i := range image.Pix {
		image.Pix[i] = float32(i)
	}
	to := make([]float32, 7*2*2*3)
	rows, columns, err := image.WritePatches(to, 2)
	if err != nil || rows != 2 || columns != 3 {
		t.Fatal(rows, columns, err)
	}
	// The first patch, the first pixel of the fourth, and the padding.
	if got := fmt.Sprint(to[:12], to[36:39], to[72:]); got != "[0 1 2 3 4 5 18 19 20 21 22 23] [36 37 38] [0 0 0 0 0 0 0 0 0 0 0 0]" {
		t.Error(got)
	}
	for _, wrong := range []struct{ height, width, patch, room int }{{4, 5, 2, 9}, {4, 4, 0, 9}, {4, 4, 2, 3}, {0, 4, 2, 9}} {
		image := Tensor{wrong.height, wrong.width, make([]float32, wrong.height*wrong.width*3)}
		if _, _, err := image.WritePatches(make([]float32, wrong.room*wrong.patch*wrong.patch*3), wrong.patch); err == nil || !strings.Contains(err.Error(), "patches") {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
}
