package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/cli"
	"github.com/pali3/pali3/mixture"
)

// onePixel is a GIF of one pixel.
const onePixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// writeTable writes a table, and the images a.gif and b.gif beside it.
func writeTable(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"a.gif": onePixel, "b.gif": onePixel, "table.csv": content} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "table.csv")
}

func TestRun_MakesExamplesOfTheTable(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), &out, writeTable(t, "a.gif,a black dot,train\nb.gif,\"a dot, too\",train\n")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a.gif: a black dot\n", "b.gif: a dot, too\n"} {
		if strings.Count(out.String(), want) != 2 {
			t.Errorf("printed\n%swant %q twice in it", out.String(), want)
		}
	}
}

func TestRun_NamesWhatIsWrong(t *testing.T) {
	for content, want := range map[string]string{
		"a.gif,x,train\nmissing.gif,y,train\n": "missing.gif", "a.gif\n": "wrong number of fields", "a.gif,,train\n": "no sample of csv://",
	} {
		if err := run(t.Context(), &strings.Builder{}, writeTable(t, content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", content, err, want)
		}
	}
	if _, err := mixture.ParseRecipe([]byte(recipe), "recipe", registry(), "data=d"); err != nil {
		t.Errorf("a folder beside own rows: %v", err)
	}
}

func TestTrainAndScore_OnTheTable(t *testing.T) {
	table := writeTable(t, "a.gif,a black dot,train\nb.gif,\"a dot, too\",train\nb.gif,a dot,val\na.gif,no dot,val\n")
	var out strings.Builder
	if err := trainAndScore(t.Context(), &out, table, filepath.Join(t.TempDir(), "run")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{" on 2 rows\n", `"a dot" scores CIDEr `, "is right 1 times of 2\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed\n%swant %q in it", out.String(), want)
		}
	}
	noVal := writeTable(t, "a.gif,a black dot,train\n")
	err := trainAndScore(t.Context(), &out, noVal, filepath.Join(t.TempDir(), "run"))
	if err == nil || !strings.Contains(err.Error(), `split "val" has no sample: csv://`) {
		t.Errorf("error %v", err)
	}
}

// TestProgram_EvaluatesOnTheTable gives the rows to pali3's command line.
func TestProgram_EvaluatesOnTheTable(t *testing.T) {
	table, run := writeTable(t, "a.gif,a black dot,train\nb.gif,a dot,val\n"), filepath.Join(t.TempDir(), "run")
	if err := trainAndScore(t.Context(), io.Discard, table, run); err != nil {
		t.Fatal(err)
	}
	program := cli.Default()
	program.Rows = registry().Rows
	for _, command := range [][]string{
		{"eval", "--model", run, "--data", "csv://" + table, "--split", "val", "--json"},
		{"predict", "--model", run, "--data", "csv://" + table, "--split", "val", "--task", "caption", "--out", filepath.Join(t.TempDir(), "p.jsonl")},
	} {
		var out, problems strings.Builder
		if status := program.Run(t.Context(), command, strings.NewReader(""), &out, &problems); status != 0 {
			t.Errorf("%s: status %d\n%s%s", command, status, out.String(), problems.String())
		}
		if command[0] == "eval" && (!strings.Contains(out.String(), `"data": "csv://`) || !strings.Contains(out.String(), `"caption_cider"`)) {
			t.Errorf("printed\n%s", out.String())
		}
	}
}
