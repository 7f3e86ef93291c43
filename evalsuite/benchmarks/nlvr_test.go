package benchmarks

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestNLVR_AsTheOwnersScripts(t *testing.T) {
	var rows []struct {
		Name                  string
		Examples              []json.RawMessage
		Predictions           []string
		Accuracy, Consistency float64
	}
	golden(t, "../metrics/testdata/answers/nlvr.json", &rows)
	for _, row := range rows {
		b, err := Builtin().Named(row.Name)
		if err != nil {
			t.Fatal(err)
		}
		lines := make([]string, len(row.Examples))
		for n, example := range row.Examples {
			lines[n] = string(example)
		}
		dir := t.TempDir()
		files := Files{Annotations: writeFile(t, dir, "dev.json", strings.Join(lines, "\n")), Predictions: writeFile(t, dir, "p.csv", strings.Join(row.Predictions, "\n"))}
		result, err := b.Score(t.Context(), files, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := result.Scores; math.Abs(got["accuracy"].Value-row.Accuracy) > 1e-12 || math.Abs(got["consistency"].Value-row.Consistency) > 1e-12 {
			t.Errorf("%s: %+v, want %v and %v", row.Name, got, row.Accuracy, row.Consistency)
		}
		var out strings.Builder
		if _, err := b.WriteSubmission(t.Context(), files.Predictions, Options{}, &out); err != nil || out.String() != strings.Join(row.Predictions, "\n")+"\n" {
			t.Errorf("%s: submission %q: %v", row.Name, out.String(), err)
		}
	}
}

func TestReadLines_NamesTheLine(t *testing.T) {
	const annotations = `{"identifier":"dev-1-0-0","sentence":"s","label":"True"}`
	for predictions, want := range map[string]string{
		"dev-1-0-0,True\ndev-1-0-0,False\n": "line 2: a second prediction for question dev-1-0-0, after line 1",
		"dev-1-0-0\n":                       `line 1: "dev-1-0-0" is no id, comma, prediction`,
		"dev-1-0-0,\xff\n":                  "line 1: it is not UTF-8",
		"dev-2-0-0,True\n":                  "files of different splits?",
	} {
		if _, err := score(t, "nlvr2", annotations, "", predictions, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", predictions, err)
		}
	}
	result, err := score(t, "nlvr2", annotations, "", "\n# nothing\ndev-1-0-0,true,0.3\n", Options{Partial: true})
	if err != nil || result.Scores["accuracy"].Value != 1 || len(result.Problems) != 1 {
		t.Errorf("%+v %v", result, err)
	}
}
