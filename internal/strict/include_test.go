package strict

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type includes struct {
	Include []string `yaml:"include"`
	Data    string   `yaml:"data" path:"relative"`
	Batch   int      `yaml:"batch"`
	Inner   struct {
		A, B int
	} `yaml:"inner"`
	Tasks []struct {
		Name   string  `yaml:"name"`
		Weight float64 `yaml:"weight"`
		Data   string  `yaml:"data" path:"relative"`
	} `yaml:"tasks"`
}

// writeFiles writes files into a folder and makes it the working directory.
func writeFiles(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readIncluding reads a file with those that it includes.
func readIncluding(t *testing.T, path string, into any, assignments ...string) ([]byte, error) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content, _, err = Include(content, path, filepath.Dir(path), From(filepath.Dir(path)), into)
	if err != nil {
		return nil, err
	}
	return content, Read(content, path, into, assignments...)
}

func TestInclude_MergesFiles(t *testing.T) {
	writeFiles(t, map[string]string{
		"mine/r.yaml":          "include: [parts/a.yaml, ../b.yaml]\nbatch: 4\ninner: {b: 2}\ntasks:\n  - {name: x, weight: 9}\n  - {name: own, weight: 1, data: own}\n",
		"mine/parts/a.yaml":    "include: deep.yaml\ndata: shards\ninner: {a: 1, b: 1}\ntasks:\n  - name: x\n    weight: 1\n    data: ../x\n",
		"mine/parts/deep.yaml": "tasks: [{name: deep, weight: 5}]\nbatch: 3\n",
		"b.yaml":               "data: other\n",
	})
	var r includes
	content, err := readIncluding(t, "mine/r.yaml", &r, "tasks.0.weight=6")
	if err != nil {
		t.Fatal(err)
	}
	if r.Data != "other" || r.Batch != 4 || r.Inner.A != 1 || r.Inner.B != 2 || len(r.Tasks) != 3 || r.Include != nil {
		t.Errorf("%+v", r)
	}
	if x := r.Tasks[1]; x.Name != "x" || x.Weight != 9 || x.Data != filepath.Join("mine", "x") {
		t.Errorf("%+v", x)
	}
	if r.Tasks[0].Weight != 6 || r.Tasks[2].Data != filepath.Join("mine", "own") {
		t.Errorf("%+v", r.Tasks)
	}
	for path, want := range map[string]string{
		"tasks.0.weight": "mine/parts/deep.yaml line 1", "tasks.1.weight": "mine/r.yaml line 5", "tasks.1.data": "mine/parts/a.yaml line 7",
		"tasks.2.name": "mine/r.yaml line 6", "data": "b.yaml line 1", "batch": "mine/r.yaml line 2", "inner.a": "mine/parts/a.yaml line 3",
		"tasks.1.nothing": "mine/parts/a.yaml line 5",
	} {
		if got := filepath.ToSlash(Place(content, "mine/r.yaml", nil, path)); got != want {
			t.Errorf("%s is from %s, want %s", path, got, want)
		}
	}
}

func TestInclude_NamesWhatIsWrong(t *testing.T) {
	writeFiles(t, map[string]string{
		"none.yaml": "batch: 1\ninclude: [nowhere.yaml]\n", "itself.yaml": "include: [itself.yaml]\n", "a.yaml": "include: [b.yaml]\n", "b.yaml": "include: [a.yaml]\n",
		"word.yaml": "include: word\n", "number.yaml": "include: 3\n", "keys.yaml": "include: {a: b}\n", "empty.yaml": "include: ''\n", "nested.yaml": "include: [[a.yaml]]\n", "folder.yaml": "include: [.]\n", "key.yaml": "include: [wrong.yaml]\n", "wrong.yaml": "batch: 1\nbatsch: 2\n",
		"type.yaml": "include: [typed.yaml]\n", "typed.yaml": "\nbatch: many\n", "broken.yaml": "include: [notyaml.yaml]\n", "notyaml.yaml": "a: [\n", "list.yaml": "include: [alist.yaml]\n", "alist.yaml": "- a\n",
	})
	for file, want := range map[string]string{
		"none.yaml": "none.yaml line 2: include: nowhere.yaml: no such file", "itself.yaml": "itself.yaml includes itself", "a.yaml": "b.yaml includes itself",
		"word.yaml": "word.yaml line 1: include: word: no such file", "number.yaml": "include: legal is a file, or a list of files",
		"keys.yaml": "include: legal is a file, or a list", "empty.yaml": "include: legal is a file, or a list", "nested.yaml": "include: legal is a file, or a list",
		"folder.yaml": "is not a file", "key.yaml": `wrong.yaml line 2: unknown key "batsch"`,
		"type.yaml": "typed.yaml line 2: batch: many; legal is a whole number", "broken.yaml": "notyaml.yaml", "list.yaml": "alist.yaml: keys with values are legal here",
	} {
		var r includes
		if _, err := readIncluding(t, file, &r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", file, err, want)
		}
	}
}

func FuzzInclude(f *testing.F) {
	f.Add("include: [a.yaml]\ntasks: [{name: x}]\n", "tasks: [{name: x, weight: 2}]\n")
	f.Add("include: [a.yaml]\ninner: 3\n", "inner: {a: 1}\ninclude: [r.yaml]\n")
	f.Fuzz(func(t *testing.T, own, included string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(included), 0o644); err != nil {
			t.Fatal(err)
		}
		var r includes
		content, merged, err := Include([]byte(own), "r.yaml", dir, From(dir), &r)
		if err == nil && merged {
			_ = Read(content, "r.yaml", &r)
			_ = Place(content, "r.yaml", nil, "tasks.0.name")
		}
	})
}
