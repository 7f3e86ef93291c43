//go:build unix

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupt starts a command, sends it a signal once begun returns true, and returns its exit
// status and its standard error.
func interrupt(t *testing.T, dir string, s syscall.Signal, begun func() bool, args ...string) (int, string) {
	t.Helper()
	c := command(t.Context(), dir, args...)
	var said bytes.Buffer
	c.Stderr = &said
	stdin, err := c.StdinPipe() // stays open
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(time.Minute); !begun(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			c.Process.Kill()
			t.Fatalf("%v did not begin: %s", args, said.String())
		}
	}
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) {
		t.Fatalf("%v ended with %v: %s", args, err, said.String())
	}
	return exit.ExitCode(), said.String()
}

// TestInterrupt_StopsTrainingWithResumeHint sends real signals to a training run and resumes it.
func TestInterrupt_StopsTrainingWithResumeHint(t *testing.T) {
	dir := t.TempDir()
	table := "text,split\n"
	for i := range 40 {
		table += fmt.Sprintf("text number %d of several,%s\n", i, []string{"train", "val"}[i/30])
	}
	save(t, filepath.Join(dir, "t.csv"), []byte(table))
	mustRun(t, dir, "ingest", "table", "t.csv", "--text-column", "text", "--split-column", "split", "--to", "data")
	args := []string{"train", "--recipe", "quickstart-ul2", "--out", "run", "--workers", "1", "--set", "steps=100000", "--set", tiny["ul2"][0],
		"--set", "batch=4", "--set", "eval={every: 50, best: loss}"}
	for _, c := range []struct {
		signal syscall.Signal
		status int
		says   string
	}{{syscall.SIGINT, 130, "interrupted"}, {syscall.SIGTERM, 143, "terminated"}} {
		before := size(filepath.Join(dir, "run", "metrics.jsonl"))
		status, said := interrupt(t, dir, c.signal, func() bool { return size(filepath.Join(dir, "run", "metrics.jsonl")) > before+2000 }, args...)
		want := c.says + "; the steps taken are kept, resume with: pali3 train --recipe quickstart-ul2 --out run --workers 1 --set steps=100000"
		if status != c.status || !strings.Contains(said, want) || !strings.Contains(said, "'eval={every: 50, best: loss}'") {
			t.Errorf("%v: status %d, stderr %s", c.signal, status, said)
		}
	}
	kept, err := filepath.Glob(filepath.Join(dir, "run", "checkpoints", "step-*"))
	if err != nil || len(kept) == 0 {
		t.Errorf("kept %v, %v", kept, err)
	}
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// TestInterrupt_StopsBlockedCommands interrupts a command that waits for input, and one whose Run
// takes no context.
func TestInterrupt_StopsBlockedCommands(t *testing.T) {
	dir := t.TempDir()
	began := time.Now()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"tokenizer", "encode", "--model", testModel(t)}, "interrupted"},
		{[]string{"ingest", "webdataset", "-", "--to", "data"}, "interrupted; the records so far are kept, resume with: pali3 ingest webdataset - --to data"},
	} {
		started := time.Now()
		status, said := interrupt(t, dir, syscall.SIGINT, func() bool { return time.Since(started) > time.Second }, c.args...)
		if status != 130 || !strings.Contains(said, c.says) {
			t.Errorf("%v: status %d, stderr %q", c.args, status, said)
		}
	}
	if took := time.Since(began); took > 40*time.Second {
		t.Errorf("it took %v", took)
	}
}
