package strict

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

type inner struct {
	Weight float64           `yaml:"weight"`
	Tags   map[string]string `yaml:"tags,omitempty"`
}

type base struct {
	Seed int `yaml:"seed"`
}

type config struct {
	Base  base    `yaml:",inline"`
	Steps int     `yaml:"steps"`
	Tasks []inner `yaml:"tasks"`
	One   *inner  `yaml:"one"`
}

const text = `
steps: 3 # of them
seed: 7
tasks:
  - weight: 1.5
    tags: {a: b}
  - weight: 2
`

func TestRead(t *testing.T) {
	var c config
	if err := Read([]byte(text), "r.yaml", &c, "steps=10", "tasks.1.weight=4", "one.weight=0.5", "tasks.0.tags.x=y"); err != nil {
		t.Fatal(err)
	}
	if c.Steps != 10 || c.Base.Seed != 7 || c.Tasks[1].Weight != 4 || c.One.Weight != 0.5 || c.Tasks[0].Tags["x"] != "y" || c.Tasks[0].Tags["a"] != "b" {
		t.Errorf("read %+v", c)
	}
}

func TestRead_ErrorsNameLineAndNearestKey(t *testing.T) {
	for _, c := range []struct {
		text string
		sets []string
		want string
	}{
		{"steps: 1\nstpes: 2\n", nil, `r.yaml line 2: unknown key "stpes"; the nearest legal key is "steps"`},
		{"tasks:\n  - weigth: 2\n", nil, `line 2: unknown key "tasks[0].weigth"; the nearest legal key is "weight"`},
		{"one: {tag: {}}", nil, `unknown key "one.tag"; the nearest legal key is "tags"`},
		{"steps: many\n", nil, "r.yaml line 1: steps: many; legal is a whole number"},
		{"steps: 1.5\n", nil, "steps: 1.5; legal is a whole number"},
		{"tasks:\n  - weight: x\n", nil, "line 2: tasks[0].weight: x; legal is a number"},
		{"tasks: 3\n", nil, "tasks: 3; legal is a list"},
		{"one: [1]\n", nil, "one: a list; legal is keys with values"},
		{"hello\n", nil, "line 1: hello; keys with values are legal here"},
		{"steps: 1\n", []string{"steps=ten"}, "--set: steps: ten; legal is a whole number"},
		{text, []string{"tasks.7.weight=1"}, "position in a list of 2"},
		{text, []string{"tasks.0.wait=1"}, `unknown key "tasks[0].wait"`},
		{text, []string{"steps"}, "want name=value"},
		{text, []string{"steps.x=1"}, "plain value"},
		{"a: &x [1]\nsteps: *x\n", nil, ""},
		{"steps: [", nil, ""},
	} {
		var into config
		err := Read([]byte(c.text), "r.yaml", &into, c.sets...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: error %v, want %q", c.text, c.sets, err, c.want)
		}
	}
}

func TestReadAll_SkipsWhatItCannotRead(t *testing.T) {
	const text = "stpes: 1\nsteps: many\nseed: 7\ntasks:\n  - {weight: x, tags: {a: b}}\n  - {weight: 2, wait: 1}\n"
	var c config
	found, err := ReadAll([]byte(text), "r.yaml", From(""), &c, "one.weight=3", "one.tag=1", "seed=8", "tasks.9.weight=1")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range found {
		got = append(got, fmt.Sprintf("%d %s", p.Line, p.Path))
	}
	want := []string{"1 stpes", "2 steps", "5 tasks.0.weight", "6 tasks.1.wait", "-1 one.tag", "-1 "}
	if !slices.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
	if c.Base.Seed != 8 || c.Steps != 0 || c.Tasks[0].Tags["a"] != "b" || c.Tasks[1].Weight != 2 || c.One.Weight != 3 {
		t.Errorf("read %+v", c)
	}
	for _, broken := range []string{"steps: [", "hello", "\xff", "a: &x [1]\nb: *x\n"} {
		if found, err := ReadAll([]byte(broken), "r.yaml", From(""), new(config)); err == nil && len(found) == 0 {
			t.Errorf("%q has no problem", broken)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(text), "steps=1")
	f.Fuzz(func(t *testing.T, content []byte, assignment string) {
		var into config
		Read(content, "fuzz", &into, assignment)
		ReadAll(content, "fuzz", From("folder"), &into, assignment)
		Lines(content)
	})
}
