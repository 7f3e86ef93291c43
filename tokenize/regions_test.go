package tokenize

import (
	"math"
	"slices"
	"strings"
	"testing"
)

const boxText = "<loc0102><loc0000><loc0921><loc1023>"

var (
	box       = [4]int{102, 0, 921, 1023}
	maskText  = strings.Repeat("<seg007>", 15) + "<seg127>"
	maskCodes = []int32{7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 127}
)

func TestParseRegions_Reads(t *testing.T) {
	for answer, want := range map[string][]Region{
		"":                 nil,
		"  \n":             nil,
		";":                nil,
		boxText + " cat":   {{box, nil, "cat"}},
		boxText + "cat":    {{box, nil, "cat"}},
		boxText:            {{box, nil, ""}},
		boxText + maskText: {{box, maskCodes, ""}},
		boxText + " " + maskText + " the cat on the left ;": {{box, maskCodes, "the cat on the left"}},
		boxText + " cat ; " + boxText + maskText + " dog":   {{box, nil, "cat"}, {box, maskCodes, "dog"}},
		boxText + " cat;" + boxText + " 猫":                  {{box, nil, "cat"}, {box, nil, "猫"}},
	} {
		found, invalid := ParseRegions(answer)
		if len(invalid) > 0 || !slices.EqualFunc(found, want, sameRegion) {
			t.Errorf("%q: found %v, invalid %v; want %v", answer, found, invalid, want)
		}
	}
}

func TestParseRegions_CountsWhatIsInvalid(t *testing.T) {
	for answer, reason := range map[string]string{
		"cat":                                   "0 <loc> pieces",
		"a " + boxText:                          "0 <loc> pieces",
		"<loc0001><loc0002><loc0003> cat":       "3 <loc> pieces",
		"<loc0001><loc0002> <loc0003><loc0004>": "2 <loc> pieces",
		"<loc001><loc0002><loc0003><loc0004>":   "0 <loc> pieces",
		"<loc00a1><loc0002><loc0003><loc0004>":  "0 <loc> pieces",
		"<loc0001><loc0002><loc0003><loc0004":   "3 <loc> pieces",
		"<LOC0001><loc0002><loc0003><loc0004>":  "0 <loc> pieces",
		"<loc0001><loc0002><loc0003><loc1024>":  "is 1024, want 0 to 1023",
		"<loc0005><loc0002><loc0005><loc0010>":  "is empty",
		"<loc0001><loc0012><loc0005><loc0010>":  "is empty",
		boxText + boxText:                       "the label has",
		boxText + " cat " + boxText:             "the label has",
		boxText + "<seg001> cat":                "1 <seg> pieces",
		boxText + maskText + "<seg001> cat":     "the label has",
		boxText + maskText[8:] + "<seg128>":     "is 128, want 0 to 127",
		boxText + " cat" + maskText:             "the label has",
		boxText + " a<b":                        "the label has",
	} {
		found, invalid := ParseRegions(answer)
		if len(found) > 0 || len(invalid) != 1 || !strings.Contains(invalid[0].Reason, reason) || invalid[0].Text != answer {
			t.Errorf("%q: found %v, invalid %v; want the reason %q", answer, found, invalid, reason)
		}
	}
	found, invalid := ParseRegions(boxText + " cat ;; dog ; " + boxText)
	if len(found) != 2 || len(invalid) != 2 {
		t.Errorf("found %v, invalid %v; want two of each", found, invalid)
	}
}

func TestRegionSpans_SkipsWhatIsInvalid(t *testing.T) {
	answer := "  " + boxText + " cat ;; dog ; " + boxText + maskText + " ;"
	spans := RegionSpans(answer)
	if len(spans) != 2 || answer[spans[0].From:spans[0].To] != boxText+" cat" || answer[spans[1].From:spans[1].To] != boxText+maskText {
		t.Errorf("spans %v of %q", spans, answer)
	}
	plain := " 1 2 3 4  red cat dog 5 6 7 8 6 5 7 8 owl "
	if spans = PlainRegionSpans(plain); len(spans) != 1 || plain[spans[0].From:spans[0].To] != "1 2 3 4  red cat dog" {
		t.Errorf("spans %v of %q", spans, plain)
	}
}

func TestParseMask_IgnoresWhatFollows(t *testing.T) {
	for _, after := range []string{"", " cat", "<seg001>", boxText, " ; cat"} {
		region, err := ParseMask(boxText + maskText + after)
		if err != nil || !sameRegion(region, Region{box, maskCodes, ""}) {
			t.Errorf("followed by %q: %v, %v", after, region, err)
		}
	}
	for answer, reason := range map[string]string{
		"":                     "0 <loc> pieces",
		boxText + " cat":       "no <seg> piece",
		boxText + maskText[8:]: "15 <seg> pieces",
		"<loc0102><loc0000><loc0921><loc0000>" + maskText: "is empty",
	} {
		if _, err := ParseMask(answer); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %v, want the reason %q", answer, err, reason)
		}
	}
}

// TestLocate_RoundsAsTheReference takes halves, in float32, to the even neighbour, and clips.
func TestLocate_RoundsAsTheReference(t *testing.T) {
	for _, c := range []struct {
		edge float64
		want int
	}{{0, 0}, {1, 1023}, {-0.2, 0}, {1.5, 1023}, {1e300, 1023}, {0.5, 512}, {1.5 / 1023, 2}, {2.5 / 1023, 2}, {0.1, 102}, {0.0004, 0}} {
		if got, err := Locate([4]float64{c.edge, 0, 0, c.edge}); err != nil || got != [4]int{c.want, 0, 0, c.want} {
			t.Errorf("edge %g: %v, %v; want %d", c.edge, got, err, c.want)
		}
	}
	for _, edge := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := Locate([4]float64{0, edge, 1, 1}); err == nil || !strings.Contains(err.Error(), "edge 1") {
			t.Errorf("edge %g: %v", edge, err)
		}
	}
	for at := range Locations {
		r := Region{Box: [4]int{at, at, at, at}}
		if got, err := Locate(r.Fractions()); err != nil || got != r.Box {
			t.Errorf("location %d becomes %v", at, got)
		}
	}
}

func TestFormatRegions_NamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		region Region
		want   string
	}{
		{Region{[4]int{0, 0, 0, 9}, nil, "cat"}, `region "cat": the box`},
		{Region{[4]int{0, 0, 9, 1024}, nil, ""}, "edge 3"},
		{Region{box, []int32{}, ""}, "0 codes"},
		{Region{box, append(slices.Clone(maskCodes[1:]), -1), ""}, "code 15"},
		{Region{box, nil, "a;b"}, "the label"},
		{Region{box, nil, " a"}, "the label"},
	} {
		if _, err := FormatRegions([]Region{{box, nil, "ok"}, c.region}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.region, err, c.want)
		}
	}
}

// FuzzParseRegions checks that every part of an answer is either found or invalid, and that what
// was found is written and read back alike.
func FuzzParseRegions(f *testing.F) {
	for _, seed := range []string{
		"", ";;", "cat", boxText, boxText + " cat ; " + boxText + maskText + " dog", boxText + maskText[8:],
		boxText + "\xff;" + boxText + "<loc", "<loc9999><seg999>", boxText + "\u00a0cat\u2003",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		found, invalid := ParseRegions(answer)
		trimmed := strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(answer), ";"))
		if parts := strings.Count(trimmed, ";") + 1; trimmed != "" && len(found)+len(invalid) != parts {
			t.Errorf("%d parts: %d found, %d invalid", parts, len(found), len(invalid))
		}
		spans := RegionSpans(answer)
		if len(spans) != len(found) {
			t.Fatalf("%d spans of %d regions", len(spans), len(found))
		}
		for i, at := range spans {
			if one, bad := ParseRegions(answer[at.From:at.To]); len(bad) > 0 || len(one) != 1 || !sameRegion(one[0], found[i]) {
				t.Errorf("region %d is %v, and its span %q reads as %v", i, found[i], answer[at.From:at.To], one)
			}
		}
		written, err := FormatRegions(found)
		if err != nil {
			t.Fatal(err)
		}
		again, bad := ParseRegions(written)
		if len(bad) > 0 || !slices.EqualFunc(found, again, sameRegion) {
			t.Errorf("%v was written as %q and read as %v, invalid %v", found, written, again, bad)
		}
		if region, err := ParseMask(answer); err == nil && (region.Validate() != nil || region.Mask == nil) {
			t.Errorf("the mask %v is invalid", region)
		}
	})
}

func sameRegion(a, b Region) bool {
	return a.Box == b.Box && slices.Equal(a.Mask, b.Mask) && (a.Mask == nil) == (b.Mask == nil) && a.Label == b.Label
}
