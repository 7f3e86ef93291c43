package augment

import (
	"testing"

	"github.com/pali3/pali3/random"
)

// TestInceptionBox_CoversABox draws crops that must show all of one of two boxes, or half of one.
func TestInceptionBox_CoversABox(t *testing.T) {
	_, encoded := drawn(t, 80, 100)
	small, large := [4]float64{0.1, 0.1, 0.3, 0.25}, [4]float64{0.4, 0.5, 0.95, 0.9}
	for _, c := range []struct {
		ops   string
		least float64
	}{
		{"decode|inception_box(10, 100, min_object_covered=1)", 1},
		{"decode|resize(40)|inception_box(5, 60, min_object_covered=0.5)", 0.5},
		{"decode|flip_lr|inception_box(10, 100, min_object_covered=1)", 1},
		{"decode|inception_box(10, 30)", 0},
	} {
		pipeline := MustParse(c.ops).WithBoxes(small, large)
		cropped, uncovered := 0, 0
		for seed := range uint64(200) {
			m, g, err := pipeline.ApplyWithGeometry(encoded, random.New(seed))
			if err != nil {
				t.Fatal(err)
			}
			_, a := g.Box(small)
			_, b := g.Box(large)
			if max(a, b) < c.least-0.15 { // boxes are rounded to pixels
				t.Errorf("%s, seed %d: %.2f and %.2f of the boxes are left", c.ops, seed, a, b)
			}
			if max(a, b) < 0.35 {
				uncovered++
			}
			if m.Height < 80 {
				cropped++
			}
		}
		if cropped < 100 || (uncovered > 0) != (c.least == 0) {
			t.Errorf("%s: %d of 200 are cropped, %d show hardly a third of both boxes", c.ops, cropped, uncovered)
		}
	}
	if _, err := Parse("decode|inception_box(min_object_covered=2)"); err == nil {
		t.Error("covers two of a box")
	}
	whole, _, err := MustParse("decode|inception_box(min_object_covered=1)").ApplyWithGeometry(encoded, random.New(1))
	if err != nil || whole.Height != 80 || whole.Width != 100 {
		t.Errorf("without boxes: %dx%d, %v", whole.Height, whole.Width, err)
	}
}
