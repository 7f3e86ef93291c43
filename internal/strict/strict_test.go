package strict

import (
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

func TestErrorsNameLineAndNearestKey(t *testing.T) {
	for _, c := range []struct {
		text string
		sets []string
		want string
	}{
		{"steps: 1\nstpes: 2\n", nil, `r.yaml line 2: unknown key "stpes"; the nearest legal key is "steps"`},
		{"tasks:\n  - weigth: 2\n", nil, `line 2: unknown key "tasks[0].weigth"; the nearest legal key is "weight"`},
		{"one: {tag: {}}", nil, `unknown key "one.tag"; the nearest legal key is "tags"`},
		{"steps: many\n", nil, "steps"},
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

func FuzzRead(f *testing.F) {
	f.Add([]byte(text), "steps=1")
	f.Fuzz(func(t *testing.T, content []byte, assignment string) {
		var into config
		Read(content, "fuzz", &into, assignment)
	})
}
