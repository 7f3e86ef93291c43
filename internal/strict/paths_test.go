package strict

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

type placed struct {
	Data  string   `yaml:"data" path:"relative"`
	Name  string   `yaml:"name"`
	Parts []part   `yaml:"parts"`
	Extra *part    `yaml:"extra"`
	Files []string `yaml:"files" path:"relative"`
}

func TestReadMoved_MovesPathsOfTheFileOnly(t *testing.T) {
	const text = "data: ../d\nname: ../n\nparts: [{name: a, data: x}, {data: s3://b/x}]\nextra: {data: pali3:m}\nfiles: [f, /abs]\n"
	absolute := "/abs"
	for _, c := range []struct {
		sets []string
		want placed
	}{
		{nil, placed{"p/d", "../n", []part{{Name: "a", Data: "p/r/x"}, {Data: "s3://b/x"}}, &part{Data: "pali3:m"}, []string{"p/r/f", absolute}}},
		{[]string{"data=here", "extra.data=e", "parts.0.size=2"},
			placed{"here", "../n", []part{{Name: "a", Size: 2, Data: "p/r/x"}, {Data: "s3://b/x"}}, &part{Data: "e"}, []string{"p/r/f", absolute}}},
		{[]string{"parts=[{data: y}]", "files=[g]"}, placed{"p/d", "../n", []part{{Data: "y"}}, &part{Data: "pali3:m"}, []string{"g"}}},
	} {
		for i := range c.want.Files {
			c.want.Files[i] = filepath.FromSlash(c.want.Files[i])
		}
		var got placed
		if err := ReadMoved([]byte(text), "r.yaml", From("p/r"), &got, c.sets...); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, want %+v", c.sets, got, c.want)
		}
	}
}

func TestMovePaths_DoesNotChangeCopies(t *testing.T) {
	a := placed{Parts: []part{{Data: "x"}}, Extra: &part{Data: "y"}, Files: []string{"f"}}
	b := a
	MovePaths(&b, From("p"))
	if a.Parts[0].Data != "x" || a.Extra.Data != "y" || a.Files[0] != "f" || b.Extra.Data != filepath.Join("p", "y") {
		t.Errorf("%+v and %+v", a, b)
	}
}

func TestPlace_NamesLineOrAssignment(t *testing.T) {
	const file = "steps: 1\nparts:\n  - name: x\n    size: 3\n  - {name: y}\n"
	for _, c := range []struct {
		path string
		sets []string
		want string
	}{
		{"steps", nil, "r.yaml line 1"}, {"parts.0.size", nil, "r.yaml line 4"}, {"parts.1.size", nil, "r.yaml line 5"},
		{"other", nil, "r.yaml"}, {"", []string{"steps=3"}, "r.yaml"},
		{"steps", []string{"parts.0.size=1", "steps=3"}, "--set steps=3 on the recipe"},
		{"parts.0.size", []string{"parts=[]"}, "--set parts=[] on the recipe"},
		{"parts", []string{"parts.0.size=0"}, "--set parts.0.size=0 on the recipe"},
	} {
		if got := Place([]byte(file), "r.yaml", c.sets, c.path); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.path, c.sets, got, c.want)
		}
	}
	for _, broken := range []string{"steps: [", "", "\t", "a: &x [1]\nb: *x\n"} {
		Lines([]byte(broken))
	}
}

func TestRead_KeysMayBeQuotedAndNumbersMustFit(t *testing.T) {
	var into struct {
		Seed  uint64 `yaml:"seed"`
		Small int8   `yaml:"small"`
	}
	if err := Read([]byte(`{"seed": 7, 'small': 1e2}`), "x.yaml", &into); err != nil || into.Seed != 7 || into.Small != 100 {
		t.Errorf("%+v, %v", into, err)
	}
	for text, want := range map[string]string{
		"seed: 18446744073709551616": "seed: 18446744073709551616; legal is a whole number from 0 on",
		"seed: 1e20":                 "seed: 1e20; legal is",
		"seed: -1e3":                 "seed: -1e3; legal is",
		"small: 1e3":                 "small: 1e3; legal is a whole number",
		`"sed": 1`:                   `unknown key "sed"; the nearest legal key is "seed"`,
		"seed: &a 1\nsmall: *a":      "x.yaml line 2: an alias (*)",
	} {
		if err := Read([]byte(text), "x.yaml", &into); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestReadAll_RefusesAliasesBeforeTheyGrow reads nine lines that stand for nine to the power of
// nine values.
func TestReadAll_RefusesAliasesBeforeTheyGrow(t *testing.T) {
	text, last := "include: none.yaml\n", "1"
	for _, name := range strings.Split("abcdefghi", "") {
		text += name + ": &" + name + " [" + strings.Repeat(last+", ", 8) + last + "]\n"
		last = "*" + name
	}
	var into struct{ A any }
	if _, err := ReadAll([]byte(text), "x.yaml", nil, &into); err == nil || !strings.Contains(err.Error(), "x.yaml line 3: an alias") {
		t.Errorf("error %v", err)
	}
	if _, _, err := Include([]byte(text), "x.yaml", "", nil, &into); err != nil {
		t.Error(err) // what is wrong is said when it is read
	}
}
