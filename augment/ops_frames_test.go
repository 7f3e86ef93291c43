package augment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestContactSheet_EqualsPillow compares all frames of animations, one below the other, with what
// Pillow shows: those of testdata, or of the folder that PALI3_PARITY_ANIMATIONS names (`make
// parity`).
func TestContactSheet_EqualsPillow(t *testing.T) {
	dir := os.Getenv("PALI3_PARITY_ANIMATIONS")
	if dir == "" {
		dir = "testdata/animations"
	}
	wants, err := filepath.Glob(filepath.Join(dir, "*.want.png"))
	if err != nil || len(wants) < 16 {
		t.Fatalf("%d animations in %s, %v", len(wants), dir, err)
	}
	equal := map[string]int{}
	for _, path := range wants {
		encoded := readFile(t, strings.TrimSuffix(path, ".want.png"))
		want := goldenPNG(t, readFile(t, path))
		format, _, height, err := Inspect(encoded)
		if err != nil {
			t.Fatal(err)
		}
		pixels, err := MustParse(fmt.Sprintf("contact_sheet(%d, 1)", want.Height/height)).Prepare(encoded)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got := pixels.Image()
		worst, mean := difference(got.Pix, want.Pix)
		if worst > 0 {
			t.Errorf("%s: differs by at most %d levels, %.3f in the mean", path, worst, mean)
			continue
		}
		equal[format]++
	}
	t.Logf("equal: %v", equal)
}

// FuzzContactSheet decodes the frames of damaged animations: an error or a sheet, soon and within
// the limits.
func FuzzContactSheet(f *testing.F) {
	for _, pattern := range []string{"testdata/animations/*[0-3].webp", "testdata/animations/*[0-3].gif", "testdata/images/an*"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			if content, err := os.ReadFile(path); err == nil {
				f.Add(content)
			}
		}
	}
	limits := Limits{MaxBytes: 1 << 16, MaxPixels: 1 << 14, MaxSide: 1 << 10}
	sheet := MustParse("contact_sheet(3, 2)").WithLimits(limits)
	f.Fuzz(func(t *testing.T, encoded []byte) {
		begin := time.Now()
		pixels, err := sheet.Prepare(encoded)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if err != nil {
			return
		}
		if m := pixels.Image(); len(m.Pix) != 3*m.Width*m.Height || m.Width*m.Height > 4*limits.MaxPixels {
			t.Errorf("%dx%d with %d values", m.Width, m.Height, len(m.Pix))
		}
	})
}
