package webli

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/internal/imageprint"

	"pgregory.net/rapid"

	"github.com/pali3/pali3/recipes"
)

func TestParseConfig_ShippedRecipes(t *testing.T) {
	for _, name := range []string{"webli", "curate-quickstart"} {
		text, err := recipes.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ParseConfig(text, name)
		if err != nil || !c.Duplicates.Exact || !slices.Contains(c.HeldOut, "held_out_combinations") {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}

func TestParseConfig_Errors(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"held_outs: [a]", `r.yaml line 1: unknown key "held_outs"; the nearest legal key is "held_out"`},
		{"images:\n  min_side: 3\n  minside: 4", `r.yaml line 3: unknown key "images.minside"; the nearest legal key is "min_side"`},
		{"duplicates:\n  near: {bit: 3}", `r.yaml line 2: unknown key "duplicates.near.bit"; the nearest legal key is "bits"`},
		{"images:\n  min_side: tall", "2:"},
		{"images: [", "1:"},
		{"images: {min_side: -1}", "images.min_side is -1"},
		{"images: {max_aspect: .nan}", "images.max_aspect is NaN"},
		{"images: {max_pixels: 1000000000}", "are not decoded"},
		{"texts: {min_runes: 9, max_runes: 3}", "less than min_runes"},
		{"duplicates: {near: {bits: 16, colour: 3}}", "legal are 0 to 15"},
		{"contamination: {near: {bits: 3, colour: 256}}", "contamination.near"},
		{"contamination: {words: 7}", "contamination.words is 7; legal are 8 to 64"},
		{"images: {max_samples: -1}", "images.max_samples is -1"},
		{"duplicates: {merge_texts: true}", "merge_texts needs duplicates.exact"},
		{"duplicates: {exact: true, pairs: true, merge_texts: true}", "not duplicates.pairs"},
		{"top: {score: similarity}", "top needs"},
		{"top: {keep: 0.5}", "top needs"},
	} {
		if _, err := ParseConfig([]byte(c.text), "r.yaml"); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %q", c.text, err, c.says)
		}
	}
}

func TestParseConfig_EmptyTurnsOptionalRulesOff(t *testing.T) {
	c, err := ParseConfig(nil, "r.yaml")
	if err != nil || !reflect.DeepEqual(c, Config{}) {
		t.Fatalf("%+v, %v", c, err)
	}
	if rules, err := c.rules(nil); len(rules) != 2 || err != nil {
		t.Errorf("%d rules, %v", len(rules), err)
	}
}

func FuzzParseConfig(f *testing.F) {
	for _, name := range []string{"webli", "curate-quickstart"} {
		text, err := recipes.Read(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := ParseConfig(text, "r.yaml"); err == nil && c.Validate() != nil {
			t.Errorf("%q parses, but is not valid", text)
		}
	})
}

func TestTextJudge_Flaw(t *testing.T) {
	judge := newTextJudge(Texts{MinRunes: 2, MaxRunes: 40, Letters: true, MaxRun: 4, Boilerplate: true, Phrases: []string{"Buy now"}})
	for text, want := range map[string]string{
		"a cat on a mat":                  "",
		"Eine Katze (2019).":              "",
		"火":                               textLength,
		"火山":                              "",
		"น้ำ":                             "",
		"  x ":                            textLength,
		strings.Repeat("ab", 21):          textLength,
		"2019-03-04":                      textLetters,
		"😀😀":                              textLetters,
		"weeeeee":                         textRun,
		"a      b":                        "", // spaces do not count as a run
		"IMG_2041.JPG":                    textBoilerplate,
		"img 2041":                        textBoilerplate,
		"DSC00012":                        textBoilerplate,
		"holiday-photo (1).jpeg":          textBoilerplate,
		"Screenshot 2024-03-05":           textBoilerplate,
		"figure 12":                       textBoilerplate,
		"Figure 12 shows a cell":          "",
		"photo of a dog":                  "",
		"Photo":                           textBoilerplate,
		"http://a.org/b?c=d":              textBoilerplate,
		"the page www.example.org of old": "",
		"BUY  NOW":                        textBoilerplate,
		"image not found":                 textBoilerplate,
	} {
		if rule, why := judge.flaw(text); rule != want || (why == "") != (want == "") {
			t.Errorf("%q fails %q (%s), want %q", text, rule, why, want)
		}
	}
}

// TestDecide_CountsAddUp checks random candidates and rules.
func TestDecide_CountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := everything
		config.Duplicates.Pairs = rapid.Bool().Draw(t, "pairs")
		config.Texts.Required = rapid.Bool().Draw(t, "required")
		flaws := []string{"", "", textLength, textLetters, textRun, textBoilerplate}
		var candidates []*Candidate
		for i := range rapid.IntRange(0, 40).Draw(t, "samples") {
			r := &Candidate{Key: rapid.StringMatching(`k[0-9]{2}`).Draw(t, "key"), HeldOut: rapid.Bool().Draw(t, "held"), Origin: Origin{"d", i}}
			if rapid.IntRange(0, 9).Draw(t, "bad") == 0 {
				r.bad = "bad"
			} else {
				side := rapid.Int32Range(10, 700)
				r.Sizes = []Size{{side.Draw(t, "width"), side.Draw(t, "height")}}
				f := &imageprint.Print{Look: imageprint.Look{Shape: uint64(rapid.IntRange(0, 7).Draw(t, "shape"))}}
				f.Sum[0] = byte(rapid.IntRange(0, 20).Draw(t, "sum"))
				r.prints = []*imageprint.Print{f}
			}
			for range rapid.IntRange(0, 3).Draw(t, "texts") {
				flaw := rapid.SampledFrom(flaws).Draw(t, "flaw")
				r.texts = append(r.texts, textRecord{hash: uint64(rapid.IntRange(0, 5).Draw(t, "hash")), flaw: flaw, why: flaw})
			}
			candidates = append(candidates, r)
		}
		rules, err := config.rules(nil)
		if err != nil {
			t.Fatal(err)
		}
		removals, err := decide(candidates, rules)
		if err != nil {
			t.Fatal(err)
		}
		left := len(candidates)
		for _, r := range removals {
			left -= r.Removed
		}
		stayed := 0
		for _, r := range candidates {
			switch {
			case r.removedBy == "":
				stayed++
			case r.why == "":
				t.Fatalf("removed by %s without a reason", r.removedBy)
			case r.HeldOut && r.removedBy != "undecodable" && r.removedBy != "same_key":
				t.Fatalf("held-out sample removed by %s", r.removedBy)
			}
		}
		if stayed != left {
			t.Fatalf("%d stayed, the report leaves %d", stayed, left)
		}
	})
}
