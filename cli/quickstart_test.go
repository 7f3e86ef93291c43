package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pali3/pali3/project"
	"github.com/pali3/pali3/random"
)

// TestQuickstart_ResumesAfterKill kills a smoke run in each of its phases and resumes it. Its
// summary and weights must equal those of an uninterrupted run.
func TestQuickstart_ResumesAfterKill(t *testing.T) {
	dir := t.TempDir()
	mustRun(t, dir, "quickstart", "--smoke", "--out", "quickstart-run")
	phases := []string{"ingest: ", "curate: ", "tokenizer: ", "siglip: ", "ul2: ", "stage1: ", "stage2: ", "caption: ", "vqa: ", "score "}
	if testing.Short() {
		phases = phases[:4]
	}
	for _, phase := range phases {
		killAt(t, dir, phase, "quickstart", "--smoke", "--out", "killed")
	}
	mustRun(t, dir, "run", "killed") // as quickstart does
	want, got := summaryOf(t, dir, "quickstart-run"), summaryOf(t, dir, "killed")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the killed run found something else (-quickstart-run +killed):\n%s", diff)
	}
	for _, stage := range []string{"siglip", "ul2", "stage1", "stage2", "caption", "vqa"} {
		a, err := os.ReadFile(filepath.Join(dir, "quickstart-run", stage, "weights.safetensors"))
		b, err2 := os.ReadFile(filepath.Join(dir, "killed", stage, "weights.safetensors"))
		if err := errors.Join(err, err2); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: other weights, or none: %v", stage, err)
		}
	}
	for _, name := range []string{"report.html", "images", "predictions"} {
		if _, err := os.Stat(filepath.Join(dir, "killed", name)); err != nil {
			t.Error(err)
		}
	}
	mustRun(t, dir, "shards", "verify", "killed/data", "--deep")
	if err := command(t.Context(), dir, "quickstart", "--smoke", "--seed", "7", "--out", "killed").Run(); err == nil {
		t.Error("a run with another seed continued in the same folder")
	}
	t.Run("docs/evaluation.md", func(t *testing.T) { checkEvaluationPage(t, dir) })
}

// killAt runs a command and kills it with SIGKILL a moment after a line of progress with the
// prefix, if it still runs. A phase that ends before its first line is killed in the next.
func killAt(t *testing.T, dir, prefix string, args ...string) {
	t.Helper()
	c := command(t.Context(), dir, args...)
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), prefix) {
			time.Sleep(time.Duration(random.New(uint64(time.Now().UnixNano())).IntN(800)) * time.Millisecond)
			break
		}
	}
	c.Process.Kill()
	c.Wait() // returns an error: it was killed
}

// summaryOf reads a run's summary without time and memory.
func summaryOf(t *testing.T, dir, run string) project.Summary {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, run, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s project.Summary
	if err := json.Unmarshal(content, &s); err != nil {
		t.Fatal(err)
	}
	s.Seconds, s.PeakRSSBytes, s.Try = 0, 0, nil // which names the folder
	return s
}
