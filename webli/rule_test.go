package webli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/internal/strict"
	"github.com/pali3/pali3/shards"
)

// fewColours removes samples with an image of fewer distinct red values than Least.
type fewColours struct {
	Least int `yaml:"least"`
}

func (p fewColours) Validate() error {
	if p.Least < 0 {
		return fmt.Errorf("least is %d, below zero", p.Least)
	}
	return nil
}

func (p fewColours) MakeRule() (Rule, error) {
	return SampleRule(func(s *shards.Sample, images []*augment.Image) string {
		for i, img := range images {
			reds := map[uint8]bool{}
			for j := 0; j < len(img.Pix); j += 3 {
				reds[img.Pix[j]] = true
			}
			if len(reds) < p.Least {
				return fmt.Sprintf("image %d has %d reds", i, len(reds))
			}
		}
		return ""
	}), nil
}

// banned drops texts that hold Word or a line of the file List.
type banned struct {
	Word string `yaml:"word"`
	List string `yaml:"list" path:"relative"`
}

func (p banned) MakeRule() (Rule, error) {
	words := []string{p.Word}
	if p.List != "" {
		content, err := os.ReadFile(p.List)
		if err != nil {
			return Rule{}, err
		}
		words = strings.Fields(string(content))
	}
	return TextRule(func(t shards.Text) string {
		for _, word := range words {
			if word != "" && strings.Contains(t.Value, word) {
				return "holds " + word
			}
		}
		return ""
	}), nil
}

// shared removes all samples of a size that several have.
type shared struct{}

func (shared) MakeRule() (Rule, error) {
	samples := map[Size]int{}
	return Rule{
		Prepare: func(left []*Candidate) error {
			if len(left) == 0 {
				return errors.New("nothing is left")
			}
			for _, c := range left {
				samples[c.Sizes[0]]++
			}
			return nil
		},
		Remove: func(c *Candidate) string {
			if n := samples[c.Sizes[0]]; n > 1 {
				return fmt.Sprintf("%d samples are of its size", n)
			}
			return ""
		},
		HeldOut: true,
		Advice:  "use images of different sizes",
	}, nil
}

func ownRules() Rules {
	return Rules{"few_colours": fewColours{Least: 2}, "banned": banned{Word: "casino"}, "shared": shared{}}
}

func TestRules_ApplyBetweenTextsAndContamination(t *testing.T) {
	held := noise(1, 64, 64)
	samples := []shards.Sample{
		sample("good", "train", asPNG(noise(2, 50, 50)), "a casino", "a hotel"),
		sample("banned-1", "train", asPNG(noise(3, 51, 50)), "a casino"),
		sample("few_colours-1", "train", asPNG(figure(brown, brown, 64)), "a head"),
		sample("text_length-1", "train", asPNG(noise(4, 52, 50)), "a casino with far too many words"),
		sample("contamination-1", "train", asPNG(held), "a held-out image"),
		sample("good-held", "held_out", asPNG(held), "a casino"),
	}
	config, err := ReadConfig([]byte(`
held_out: [held_out]
texts: {max_runes: 20}
rules:
  few_colours: {least: 40}
  banned: {}
contamination: {exact: true}
`), "r.yaml", "", ownRules())
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	in := dataset(t, samples...)
	for _, workers := range []int{1, 3} { // a config can be used again: its rules are made for each curation
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		report, err := Curate(t.Context(), []*shards.Dataset{in}, out, config, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		want := []Removal{{"undecodable", 0}, {"same_key", 0}, {"text_length", 1}, {"banned", 1}, {"few_colours", 1}, {"contamination", 1}}
		if report.In != 6 || report.Out != 2 || report.Texts != 1 || !slices.Equal(report.Rules, want) {
			t.Errorf("%+v", report)
		}
		checkListing(t, out)
	}
}

// checkListing looks for the added rules' reasons among the rejects.
func checkListing(t *testing.T, out string) {
	t.Helper()
	got := listing(t, Report{}, out)
	for _, line := range []string{
		`sample good "a hotel"`, `sample good-held "a casino"`, "banned: holds casino\n", "few_colours: image 0 has",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, got)
		}
	}
}

func TestRules_PrepareAndAdvice(t *testing.T) {
	in := dataset(t,
		sample("a", "", asPNG(noise(1, 40, 40)), "one"),
		sample("b", "", asPNG(noise(2, 40, 40)), "two"),
		sample("c", "", asPNG(noise(3, 41, 40)), "three"))
	config := Config{Rules: Rules{"shared": shared{}}}
	report, err := Curate(t.Context(), []*shards.Dataset{in}, filepath.Join(t.TempDir(), "out"), config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "shared removed 66% of the samples, for example a (2 samples are of its size); use images of different sizes"
	if report.Out != 1 || !slices.Equal(report.Warnings, []string{want}) {
		t.Errorf("%+v", report)
	}
	config.Texts.MinRunes = 100
	_, err = Curate(t.Context(), []*shards.Dataset{in}, filepath.Join(t.TempDir(), "out"), config, Options{})
	if err == nil || err.Error() != "rule shared: nothing is left" {
		t.Errorf("error of Prepare: %v", err)
	}
}

func TestRules_DefaultsAndAssignments(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		text        string
		assignments []string
		want        Rules
	}{
		{"{}", nil, nil},
		{"rules: {}", nil, nil},
		{"rules: {few_colours: {}}", nil, Rules{"few_colours": fewColours{2}}},
		{"rules: {few_colours: {least: 7}, banned: {}}", nil, Rules{"few_colours": fewColours{7}, "banned": banned{Word: "casino"}}},
		{"images: {min_side: 3}", []string{"rules.few_colours.least=9"}, Rules{"few_colours": fewColours{9}}},
		{"rules: {banned: {word: a}}", []string{"rules.banned={}"}, Rules{"banned": banned{Word: "casino"}}},
		{"rules: {banned: {list: words.txt}}", nil, Rules{"banned": banned{"casino", filepath.Join(dir, "words.txt")}}},
	} {
		got, err := ReadConfig([]byte(c.text), "r.yaml", dir, ownRules(), c.assignments...)
		if err != nil || fmt.Sprint(got.Rules) != fmt.Sprint(c.want) {
			t.Errorf("%q %v: %v, %v; want %v", c.text, c.assignments, got.Rules, err, c.want)
		}
		if found := Inspect([]byte(c.text), "r.yaml", dir, ownRules(), nil, c.assignments...); len(found) > 0 {
			t.Errorf("%q %v: found %v", c.text, c.assignments, found)
		}
	}
}

func TestRules_Errors(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"rules: {few_colors: {}}", `r.yaml line 1: unknown key "rules.few_colors"; the nearest legal key is "few_colours" (of banned, few_colours, shared)`},
		{"rules:\n  few_colours:\n    most: 3", `r.yaml line 3: unknown key "rules.few_colours.most"; the nearest legal key is "least" (of least)`},
		{"rules:\n  few_colours: {least: many}", "r.yaml line 2: rules.few_colours.least: many; legal is a whole number"},
		{"rules:\n  few_colours: {least: -1}", "r.yaml line 2: rules.few_colours: least is -1, below zero"},
		{"rules:\n  few_colours:\n", "r.yaml line 2: rules.few_colours has no value; write {} to turn the rule on with its default parameters"},
		{"rules: [few_colours]", "r.yaml line 1: rules: a list; legal is keys with values"},
		{"rules: {shared: {most: 1}}", `unknown key "rules.shared.most"; no key is legal here`},
	} {
		if _, err := ReadConfig([]byte(c.text), "r.yaml", "", ownRules()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %q", c.text, err, c.says)
		}
		found := Inspect([]byte(c.text), "r.yaml", "", ownRules(), nil)
		if len(found) != 1 || found[0].Severity != strict.Error || !strings.Contains(c.says, found[0].Message) {
			t.Errorf("%q: found %v, want %q", c.text, found, c.says)
		}
	}
	if _, err := ParseConfig([]byte("rules: {few_colours: {}}"), "r.yaml"); err == nil || !strings.Contains(err.Error(), "no key is legal here") {
		t.Errorf("without added rules: %v", err)
	}
}

func TestRules_BadTables(t *testing.T) {
	in := dataset(t, sample("a", "", asPNG(noise(1, 40, 40)), "one"))
	for name, c := range map[string]struct {
		rules Rules
		says  string
	}{
		"of a built-in rule": {Rules{"duplicate": shared{}}, "a built-in rule has this name"},
		"not a name":         {Rules{"Few Colours": shared{}}, "lower-case letters"},
		"no struct":          {Rules{"few": &fewColours{}}, "it must be a struct"},
		"nil":                {Rules{"few": nil}, "it must be a struct"},
	} {
		_, read := ReadConfig(nil, "r.yaml", "", c.rules)
		_, curated := Curate(t.Context(), []*shards.Dataset{in}, filepath.Join(t.TempDir(), "out"), Config{Rules: c.rules}, Options{})
		found := Inspect(nil, "r.yaml", "", c.rules, nil)
		for _, err := range []error{read, curated, fmt.Errorf("%v", found)} {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %q", name, err, c.says)
			}
		}
	}
	config := Config{Rules: Rules{"banned": banned{List: filepath.Join(t.TempDir(), "absent")}}}
	_, err := Curate(t.Context(), []*shards.Dataset{in}, filepath.Join(t.TempDir(), "out"), config, Options{})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "rule banned: ") {
		t.Errorf("a maker that fails: %v", err)
	}
}
