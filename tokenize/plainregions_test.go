package tokenize_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/tokenize"
)

func TestParsePlainRegions_ReadsWhatFormatWrites(t *testing.T) {
	regions := []tokenize.PlainRegion{
		{Box: [4]int{0, 0, 999, 999}, Label: "cat"},
		{Box: [4]int{102, 7, 921, 8}, Label: "red traffic light"},
		{Box: [4]int{1, 2, 3, 4}, Label: "cat"},
	}
	text, err := tokenize.FormatPlainRegions(regions)
	if want := "0 0 999 999 cat 102 7 921 8 red traffic light 1 2 3 4 cat"; err != nil || text != want {
		t.Fatalf("wrote %q, %v, want %q", text, err, want)
	}
	found, invalid := tokenize.ParsePlainRegions(text)
	if len(invalid) > 0 || !slices.Equal(found, regions) {
		t.Errorf("read %v and %v, want %v", found, invalid, regions)
	}
}

func TestParsePlainRegions_GuessesNothing(t *testing.T) {
	for _, c := range []struct {
		answer  string
		found   int
		reasons []string
	}{
		{"", 0, nil},
		{" \n ", 0, nil},
		{"cat", 0, []string{"0 integers, want 4"}},
		{"1 2 3 4", 0, []string{"want a label"}},
		{"1 2 3 cat", 0, []string{"3 integers, want 4"}},
		{"1 2 3 4 5 cat", 0, []string{"5 integers, want 4"}},
		{"1 2 3 1000 cat", 0, []string{"is 1000, want 0 to 999"}},
		{"-1 2 3 4 cat", 0, []string{"is -1, want 0 to 999"}},
		{"+1 2 3 4 cat", 0, []string{"is +1, want an integer"}},
		{"01 2 3 4 cat", 0, []string{"is 01, want an integer"}},
		{"1 2 3 99999999999999999999 cat", 0, []string{"want an integer"}},
		{"3 2 1 4 cat", 0, []string{"is empty"}},
		{"1 2 3 2 cat", 0, []string{"is empty"}},
		{"1 2 3 4 cat 5 6 dog 1 2 3 4 owl", 2, []string{"2 integers"}},
		{"a dog 1 2 3 4 cat", 1, []string{"0 integers"}},
		{"1.5 2 3 4 cat", 0, []string{"0 integers", "3 integers"}},
	} {
		found, invalid := tokenize.ParsePlainRegions(c.answer)
		if len(found) != c.found || len(invalid) != len(c.reasons) {
			t.Errorf("%q: read %v and %v, want %d regions and %d invalid parts", c.answer, found, invalid, c.found, len(c.reasons))
			continue
		}
		for i, want := range c.reasons {
			if !strings.Contains(invalid[i].Reason, want) {
				t.Errorf("%q: %s, want %s", c.answer, invalid[i].Reason, want)
			}
		}
	}
}

func TestLocatePlain_InvertsFractions(t *testing.T) {
	for at := range tokenize.PlainLocations {
		r := tokenize.PlainRegion{Box: [4]int{at, 0, at, 999}}
		if box, err := tokenize.LocatePlain(r.Fractions()); err != nil || box != r.Box {
			t.Fatalf("%v became %v, %v", r.Box, box, err)
		}
	}
	if box, err := tokenize.LocatePlain([4]float64{-1, 0, 2, 1}); err != nil || box != [4]int{0, 0, 999, 999} {
		t.Errorf("%v, %v: not clipped", box, err)
	}
}

func FuzzParsePlainRegions(f *testing.F) {
	for _, seed := range []string{"", "1 2 3 4 cat", "1 2 3 4 red cat 5 6 7 8 dog", "9 9 9 9 9 x", "-1 +2 03 4 z", "cat 1 2 3 4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		found, invalid := tokenize.ParsePlainRegions(answer)
		spans := tokenize.PlainRegionSpans(answer)
		if len(spans) != len(found) {
			t.Fatalf("%q: %d spans of %d regions", answer, len(spans), len(found))
		}
		for i, at := range spans {
			if one, bad := tokenize.ParsePlainRegions(answer[at.From:at.To]); len(bad) > 0 || len(one) != 1 || one[0] != found[i] {
				t.Fatalf("%q: region %d is %v, and its span reads as %v", answer, i, found[i], one)
			}
		}
		text, err := tokenize.FormatPlainRegions(found)
		if err != nil {
			t.Fatalf("%q: %v", answer, err)
		}
		again, none := tokenize.ParsePlainRegions(text)
		if len(none) > 0 || !slices.Equal(again, found) {
			t.Fatalf("%q: %v became %v and %v", answer, found, again, none)
		}
		if strings.TrimSpace(answer) != "" && len(found)+len(invalid) == 0 {
			t.Fatalf("%q: neither regions nor invalid parts", answer)
		}
	})
}
