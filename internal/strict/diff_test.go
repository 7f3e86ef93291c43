package strict

import (
	"path/filepath"
	"reflect"
	"testing"
)

type part struct {
	Name  string   `yaml:"name"`
	Size  int      `yaml:"size,omitempty"`
	Langs []string `yaml:"langs,omitempty"`
	Data  string   `yaml:"data,omitempty" path:"relative"`
}

type whole struct {
	Base  base           `yaml:",inline"`
	Parts []part         `yaml:"parts"`
	Rules []inner        `yaml:"rules"`
	Extra *part          `yaml:"extra,omitempty"`
	Sizes map[string]int `yaml:"sizes"`
}

func TestDiff_PathsAndValues(t *testing.T) {
	a := whole{Base: base{1}, Parts: []part{{Name: "x", Size: 1}, {Name: "w"}}, Rules: []inner{{Weight: 1}}}
	for _, c := range []struct {
		name   string
		change func(*whole)
		want   []string
	}{
		{"equal", func(*whole) {}, nil},
		{"nil and empty", func(w *whole) { w.Parts[0].Langs, w.Sizes = []string{}, nil }, nil},
		{"inline", func(w *whole) { w.Base.Seed = 2 }, []string{"seed: 1 -> 2"}},
		{"by name", func(w *whole) { w.Parts[1].Size = 5 }, []string{"parts.1.size: 0 -> 5"}},
		{"gone", func(w *whole) { w.Parts = w.Parts[1:] }, []string{"parts.0: {name: x, size: 1} -> (none)"}},
		{"new", func(w *whole) { w.Parts = append(w.Parts, part{Name: "z", Langs: []string{"en"}}) },
			[]string{"parts.2: (none) -> {langs: [en], name: z}"}},
		{"order", func(w *whole) { w.Parts = []part{w.Parts[1], w.Parts[0]} }, []string{"parts: [x, w] -> [w, x]"}},
		{"by position", func(w *whole) { w.Rules = []inner{{Weight: 3}, {Weight: 4}} },
			[]string{"rules.0.weight: 1.0 -> 3.0", "rules.1: (none) -> {weight: 4.0}"}},
		{"list", func(w *whole) { w.Parts[0].Langs = []string{"de", "fr"} }, []string{"parts.0.langs: [] -> [de, fr]"}},
		{"pointer", func(w *whole) { w.Extra = &part{Name: "e"} }, []string{"extra: (none) -> {name: e}"}},
	} {
		b := a
		b.Parts, b.Rules = append([]part{}, a.Parts...), append([]inner{}, a.Rules...)
		c.change(&b)
		var got []string
		for _, d := range Diff(a, b) {
			got = append(got, d.String())
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDiff_ComparesPathsAsFiles(t *testing.T) {
	here, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"data", here, true}, {"x/../data", "data", true}, {"data", "other", false},
		{"s3://b/data", "s3://b/data", true}, {"pali3:m", "m", false}, {"", "data", false},
	} {
		if same := len(Diff(part{Data: c.a}, part{Data: c.b})) == 0; same != c.same {
			t.Errorf("%q and %q: same %v", c.a, c.b, same)
		}
	}
}
