package stages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadRecipe_ErrorsNameFileLineAndKey(t *testing.T) {
	const text = `stage: ul2
data: data
tokenizer: {model: m}
lengths:
  encoder: 16
  decoder: -1
batch: 4
tasks:
  - name: text
    kind: denoise
    weight: -2
steps: 4
optimizer: {name: adafactor_t5x, learning_rate: 0.02}
`
	good := []string{"lengths.decoder=8", "tasks.0.weight=1"}
	for _, c := range []struct {
		sets []string
		want string
	}{
		{nil, "r.yaml line 6: lengths.decoder: -1, must not be below zero (and 1 more; pali3 recipe check lists all)"},
		{good[:1], "r.yaml line 11: tasks[0] (text): weight: -2, must not be below zero"},
		{[]string{good[0], good[1], "steps=0"}, "--set steps=0 on the recipe: steps: 0, must be above zero"},
		{[]string{good[0], good[1], "optimizer.name=sgd"}, `optimizer: name "sgd" is none of`},
		{good, ""},
	} {
		_, err := ReadRecipe([]byte(text), "r.yaml", "", nil, c.sets...)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: %v, want %q", c.sets, err, c.want)
		}
	}
}

// TestRun_ResumesAMovedProject trains a language model and one from its weights, moves the folder
// that holds data and runs, and reads, opens and resumes what is there.
func TestRun_ResumesAMovedProject(t *testing.T) {
	base := t.TempDir()
	project := filepath.Join(base, "here")
	if err := os.Mkdir(project, 0o755); err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile(testTokenizer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(project, "tokenizer.model"), model, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(testData(t), filepath.Join(project, "data")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(base) // paths of the first runs begin here, one of them is absolute
	first := testRecipe(t, "ul2", filepath.Join(project, "data"), "tokenizer.model=here/tokenizer.model")
	runStage(t, first, "here/first")
	second := testRecipe(t, "ul2", "here/data", "tokenizer.model=here/tokenizer.model", "init=[{from: here/first}]")
	runStage(t, second, "here/second")

	moved := filepath.Join(base, "elsewhere", "there")
	if err := os.MkdirAll(filepath.Dir(moved), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(project, moved); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{"first", "second"} {
		run := filepath.Join(moved, name)
		r, err := ReadRun(run, nil)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(moved, "data"); r.Mixture.Data != want {
			t.Errorf("%s: data %s, want %s", name, r.Mixture.Data, want)
		}
		if result := runStage(t, r, run); result.Resumed != 6 {
			t.Errorf("%s: resumed at %d", name, result.Resumed)
		}
		if _, err := Open(openBackend(t), run, nil); err != nil {
			t.Error(err)
		}
	}
	if r, err := ReadRun(filepath.Join(moved, "second"), nil); err != nil || r.Init[0].From != filepath.Join(moved, "first") {
		t.Errorf("init from %v (%v)", r.Init, err)
	}
}

// TestReadRun_OldPathsAreRelativeToTheCurrentFolder reads a run.yaml without the note in its head.
func TestReadRun_OldPathsAreRelativeToTheCurrentFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("runs/run", 0o755); err != nil {
		t.Fatal(err)
	}
	const text = "stage: ul2\ndata: here\ntokenizer: {model: nowhere}\nlengths: {encoder: 8, decoder: 8}\nbatch: 1\ntasks: [{name: t, kind: denoise, weight: 1}]\n"
	for _, c := range []struct{ head, make, want string }{
		{"", "here", "here"}, {"", "runs/run/here", "runs/run/here"}, {pathsBeginHere, "here", "runs/run/here"},
	} {
		os.RemoveAll("here")
		if err := os.Mkdir(c.make, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("runs/run/"+RecipeFile, []byte(c.head+text), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := ReadRun("runs/run", nil)
		if err != nil || r.Mixture.Data != filepath.FromSlash(c.want) {
			t.Errorf("%q %s: data %q, want %q (%v)", c.head, c.make, r.Mixture.Data, c.want, err)
		}
		os.RemoveAll(c.make)
	}
}

func TestSeenFrom_KeepsPathsElsewhere(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	absolute := func(path string) string { return filepath.Join(base, path) }
	for given, want := range map[string]string{
		"data": "../../data", "p/data": "../data", "p/run/data": "data", "s3://b/d": "s3://b/d", "pali3:m": "pali3:m", "": "",
		absolute("p/data"): "../data", absolute("data"): absolute("data"), "/": "/",
	} {
		r := Recipe{Init: []Init{{From: given}}}
		if got := r.seenFrom("p/run").Init[0].From; got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
		if r.Init[0].From != given {
			t.Errorf("%q: the recipe itself was changed", given)
		}
	}
}
