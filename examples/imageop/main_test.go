package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// grey writes a PNG of one colour.
func grey(t *testing.T, path string) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range m.Pix {
		m.Pix[i] = 100
	}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, encoded.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRun_AppliesItsOwnOp(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.png"), filepath.Join(dir, "out.png")
	grey(t, in)
	values := map[uint32]bool{}
	for seed := range uint64(8) {
		if err := run(in, "decode|resize(4)|brighten(40)", out, seed); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(file)
		file.Close()
		if err != nil || m.Bounds().Dx() != 4 {
			t.Fatalf("%v, %v", m, err)
		}
		value := uint32(color.GrayModel.Convert(m.At(0, 0)).(color.Gray).Y)
		if value < 60 || value > 140 {
			t.Errorf("seed %d: %d, want 60 to 140", seed, value)
		}
		values[value] = true
	}
	if len(values) < 2 {
		t.Error("every seed gives the same brightness")
	}
}

func TestRun_ErrorsNameItsOwnOp(t *testing.T) {
	for ops, want := range map[string]string{
		"decode|brigten(40)":         `did you mean "brighten"`,
		"decode|brighten":            "strength is missing",
		"decode|brighten(400)":       "0 to 255",
		"decode|brighten(4, size=3)": "write brighten(strength)",
	} {
		if err := run("none", ops, "none", 0); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%s: error %v, want %q", ops, err, want)
		}
	}
}
