package augment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	if err != nil || len(wants) < 24 {
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
