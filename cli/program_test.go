package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// runProgram runs a command line in this process and returns what it wrote and its exit status.
func runProgram(t *testing.T, p Program, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = p.Run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), status
}

func TestProgramRun_StreamsAndStatus(t *testing.T) {
	program := Default()
	program.Name, program.Version = "birds", "1.2"
	for _, c := range []struct {
		args           []string
		stdin          string
		status         int
		stdout, stderr string
	}{
		{args: []string{"version"}, stdout: "birds 1.2 go"},
		{args: []string{"--version"}, stdout: "birds 1.2 go"},
		{args: []string{"--help"}, stdout: "Usage: birds <command>"},
		{args: []string{"help", "shards", "ls"}, stdout: "birds shards ls quickstart-run/data"},
		{args: []string{"completion", "bash"}, stdout: "birds complete --"},
		{args: []string{"complete", "shards", "sor"}, stdout: "sort"},
		{args: []string{"tokenizer", "encode", "--model", testModel(t)}, stdin: "a\n\n", stdout: "\n\n"},
		{args: []string{"nonsense"}, status: 2, stderr: "unexpected argument nonsense"},
		{args: []string{"shards", "ls", "missing"}, status: 1, stderr: "missing"},
		{args: []string{"ingest", "nothing"}, status: 2, stderr: "nothing"},
	} {
		stdout, stderr, status := runProgram(t, program, c.stdin, c.args...)
		if status != c.status || !strings.Contains(stdout, c.stdout) || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%v: status %d, stdout %q, stderr %q", c.args, status, stdout, stderr)
		}
		if c.status == 0 && stderr != "" || c.status != 0 && stdout != "" {
			t.Errorf("%v: stdout %q and stderr %q", c.args, stdout, stderr)
		}
	}
}

func TestProgramRun_FailsWhenResultsCannotBeWritten(t *testing.T) {
	var stderr bytes.Buffer
	status := Default().Run(t.Context(), []string{"version"}, nil, fullDisk{}, &stderr)
	if status != 1 || !strings.Contains(stderr.String(), errFull.Error()) {
		t.Errorf("status %d, %s", status, stderr.String())
	}
}

func TestProgramRun_EndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	to := filepath.Join(t.TempDir(), "d")
	if status := Default().Run(ctx, []string{"ingest", "folder", t.TempDir(), "--to", to}, nil, io.Discard, io.Discard); status != 1 {
		t.Errorf("status %d", status)
	}
}

func ExampleProgram() {
	program := Default()
	program.Name, program.Version = "birds", "1.0"
	var out bytes.Buffer
	status := program.Run(context.Background(), []string{"version"}, nil, &out, io.Discard)
	fmt.Println(status, strings.Fields(out.String())[:2])
	// Output: 0 [birds 1.0]
}

// fullDisk is a writer on a disk without space.
type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// testModel returns the path of a SentencePiece model.
func testModel(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../tokenize/sentencepiece/testdata/nmt_nfkc.model")
	if err != nil {
		t.Fatal(err)
	}
	return path
}
