package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/evalsuite/benchmarks"
)

func TestRun_ScoresBenchmarksByName(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := benchmarks.Files{
		Annotations: write("annotations.jsonl", `{"id":"1","answer":"yes","topic":"colour"}`+"\n"+`{"id":"2","answer":"no","topic":"shape"}`+"\n"),
		Predictions: write("predictions.jsonl", `{"id":"1","prediction":"Yes."}`+"\n"+`{"id":"2","prediction":"yes"}`+"\n"),
	}
	var out strings.Builder
	if err := run(t.Context(), &out, "yes-no", files); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"accuracy   50.00", "colour  accuracy  100.00", "shape   accuracy    0.00"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("printed\n%swant %q in it", out.String(), want)
		}
	}
	if err := run(t.Context(), &out, "no-yes", files); err == nil || !strings.Contains(err.Error(), ", yes-no") {
		t.Errorf("an unknown benchmark: %v", err)
	}
}
