package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEval_RunsThePredictorOfThePage runs the Python predictor that docs/evaluation.md shows.
func TestEval_RunsThePredictorOfThePage(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("SKIPPED: the Python predictor of docs/evaluation.md is not tested, since there is no python3")
	}
	content, err := os.ReadFile("../docs/evaluation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(content), "```python\n")
	script, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the page shows no Python predictor")
	}
	if lines := strings.Count(script, "\n"); lines > 15 {
		t.Errorf("the predictor has %d lines", lines)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "my.py"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	easyFiles(t, dir, 10)
	mustRun(t, dir, "ingest", "benchmark", "easyvqa", "questions.json", "--images", "images", "--split", "test", "--to", "data")
	for _, images := range []string{"path", "base64"} {
		args := []string{"--bench", "easyvqa", "--data", "data", "--predictor", "cmd:python3 my.py", "--predictor-images", images, "--out", images, "--json"}
		out, err := command(t.Context(), dir, append([]string{"-q", "eval"}, args...)...).Output()
		if images == "base64" { // for which the page's predictor has an error: it wants paths
			if err == nil {
				t.Errorf("base64 with a predictor that reads paths: no error\n%s", out)
			}
			continue
		}
		if err != nil || !strings.Contains(string(out), `"value": 0.5`) || !strings.Contains(string(out), `"asked": 10`) {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
