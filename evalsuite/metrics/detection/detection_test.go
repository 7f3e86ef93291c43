package detection

import (
	"math"
	"strings"
	"testing"
)

func TestEvaluate_NamesWhatCannotBeScored(t *testing.T) {
	whole, err := NewMask([]uint32{3, 1}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		image Image
		o     Options
	}{
		"image 0: object 0: box [NaN 0 1 1] has an edge that is no number": {Image{Truths: []Truth{{Box: Box{math.NaN(), 0, 1, 1}}}}, Options{}},
		"image 0: detection 1: score NaN":                                  {Image{Detections: []Detection{{}, {Score: math.NaN()}}}, Options{}},
		"image 0: detection 0: no mask":                                    {Image{Detections: []Detection{{}}}, Options{Compare: Masks}},
		"its runs have 2 pixels, want 4":                                   {Image{Detections: []Detection{{Mask: &Mask{2, 2, []uint32{2}}}}}, Options{Compare: Masks}},
		"category -1, want 0 to":                                           {Image{Detections: []Detection{{Category: -1}}}, Options{}},
		"area +Inf":                                                        {Image{Truths: []Truth{{Area: math.Inf(1)}}}, Options{}},
		"category 0 has no frequency, and there are 0":                     {Image{Truths: []Truth{{Area: 1}}}, Options{Rule: LVIS}},
		"frequency 'x', want r, c or f":                                    {Image{}, Options{Rule: LVIS, Frequencies: []Frequency{'x'}}},
		"rule 7":                                                           {Image{}, Options{Rule: 7}},
	} {
		if _, err := Evaluate([]Image{c.image}, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := Evaluate([]Image{{Truths: []Truth{{Mask: whole}}}}, Options{Compare: Masks}); err != nil {
		t.Error(err)
	}
}

func TestParseMask_RejectsBadCounts(t *testing.T) {
	for counts, want := range map[string]string{
		"":                            "its runs have 0 pixels, want 12",
		"5":                           "its runs have 5 pixels, want 12",
		"5P":                          "end within a number",
		"5 ":                          "character 1 is ' ', want '0' to 'o'",
		"ooooooooooooooooooooooooooo": "is too large",
		"5N":                          "run 1 at character 1 has -2 pixels",
		"0oooo0":                      "run 1 at character 1 has",
		"<<":                          "ends outside of it",
	} {
		if m, err := ParseMask(counts, 3, 4); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", counts, m, err, want)
		}
	}
	if _, err := ParseMask("0", 1<<15, 1<<14); err == nil || !strings.Contains(err.Error(), "want 1 to 268435456 pixels") {
		t.Error(err)
	}
}

func TestPolygonMask_RejectsBadPolygons(t *testing.T) {
	for want, polygons := range map[string][][]float64{
		"without polygons":               nil,
		"a polygon of 3 numbers":         {{1, 2, 3}},
		"a polygon of 0 numbers":         {{}},
		"a polygon with a corner at NaN": {{1, 2, 3, math.NaN(), 5, 6}},
		"a polygon with a corner at 1e+": {{1, 2, 1e9, 1, 5, 6}},
		"edges have more than 6710886":   {{0, 0, 9e5, 9e5, 0, 0, 9e5, 9e5, 0, 0, 9e5, 9e5, 0, 0, 9e5, 9e5}},
	} {
		if _, err := PolygonMask(polygons, 30, 40); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestOverlap_SkipsEmptyRuns compares masks whose runs are not in the shortest form.
func TestOverlap_SkipsEmptyRuns(t *testing.T) {
	a, b := &Mask{2, 4, []uint32{0, 2, 0, 2, 4}}, &Mask{2, 4, []uint32{1, 0, 1, 0, 0, 6}}
	if both, any := Overlap(a, b); both != 2 || any != 8 {
		t.Errorf("%d of %d, want 2 of 8", both, any)
	}
	if both, any := Overlap(a, &Mask{4, 2, []uint32{0, 8}}); both != 0 || any != 0 {
		t.Errorf("masks of different sizes: %d of %d", both, any)
	}
}

func FuzzParseMask(f *testing.F) {
	for _, counts := range []string{"", "5", "52203O2", "0X1", "ooo", "61X1e0"} {
		f.Add(counts, 4, 6)
	}
	f.Fuzz(func(t *testing.T, counts string, height, width int) {
		m, err := ParseMask(counts, height, width)
		if err != nil {
			return
		}
		again, err := ParseMask(m.String(), height, width)
		if err != nil || again.Area() != m.Area() || again.Box() != m.Box() {
			t.Fatalf("%q: written as %q: %v", counts, m, err)
		}
		if both, any := Overlap(m, again); both != m.Area() || any != m.Area() {
			t.Fatalf("%q meets itself in %d of %d pixels, want %d", counts, both, any, m.Area())
		}
		if height*width > 1<<16 {
			return
		}
		if pixels := MaskOf(m.Image()); pixels.Area() != m.Area() || pixels.Box() != m.Box() {
			t.Fatalf("%q: pixels %v", counts, pixels)
		}
	})
}

func FuzzPolygonMask(f *testing.F) {
	f.Add(1., 1., 4., 1., 4., 3., -2., 9.)
	f.Add(0., 0., 0., 0., 1e5, 1e5, 0.5, 3.)
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g, h, i float64) {
		m, err := PolygonMask([][]float64{{a, b, c, d, e, g, h, i}}, 37, 53)
		if err != nil {
			return
		}
		if err := m.Check(); err != nil {
			t.Fatal(err)
		}
	})
}
