package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/batchtest"
	"github.com/pali3/pali3/mixture/batchfile"
	"github.com/pali3/pali3/mixture/serve"
	"github.com/pali3/pali3/random"
)

// mixRecipe writes a recipe that trains on the dataset of package batchtest.
func mixRecipe(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	recipe := "family: pali3\n" + strings.ReplaceAll(batchtest.RecipeYAML, "DATA", batchtest.Dataset(t)) + `
model:
  image: {width: 16, depth: 1, mlp: 24, heads: 2, patch: 4}
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 40
optimizer: {name: adafactor_t5x, learning_rate: 0.02}
`
	if err := os.WriteFile(filepath.Join(dir, "r.yaml"), []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMixServe_SendsWhatDigestPrints(t *testing.T) {
	dir := mixRecipe(t)
	want, err := command(t.Context(), dir, "mix", "--recipe", "r.yaml", "--digest", "--steps", "5:9").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := command(t.Context(), dir, "mix", "--recipe", "r.yaml", "--serve", "0", "--token-file", "token")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_, address, found := strings.Cut(line, " at ")
	address, _, _ = strings.Cut(address, ";")
	if err != nil || !found {
		t.Fatalf("the server says %q: %v\n%s", line, err, stderr.String())
	}
	client, err := serve.Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	client.Token = "secret"
	var got strings.Builder
	for b, err := range client.Batches(t.Context(), serve.Request{Step: 5, Count: 4}) {
		if err != nil {
			t.Fatal(err)
		}
		got.WriteString(fmt.Sprintf("%d %s\n", b.Step, b.Digest()))
	}
	client.Close()
	if got.String() != string(want) {
		t.Errorf("batches\n%s\nwant\n%s", got.String(), want)
	}
	cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v\n%s", err, stderr.String())
	}
	if !strings.Contains(stderr.String(), "sent 4 batches") {
		t.Errorf("the log has no sum:\n%s", stderr.String())
	}
}

// TestMixMaterialize_KilledEqualsUninterrupted kills the command at random moments until it is
// through.
func TestMixMaterialize_KilledEqualsUninterrupted(t *testing.T) {
	dir := mixRecipe(t)
	args := func(to string) []string {
		return []string{"mix", "--recipe", "r.yaml", "--set", "images.ops=decode|resize(64)|value_range(-1,1)", "--materialize", to, "--workers", "1"}
	}
	began := time.Now()
	mustRun(t, dir, args("whole")...)
	took := time.Since(began)
	rng := random.New(uint64(time.Now().UnixNano()))
	kills := 0
	for try := 0; ; try++ {
		cmd := command(t.Context(), dir, args("killed")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(took/4+time.Duration(rng.Float64()*float64(took)), func() {
			if try < 6 {
				cmd.Process.Kill()
			}
		})
		err := cmd.Wait()
		timer.Stop()
		if _, killed := err.(*exec.ExitError); !killed {
			break
		}
		if kills++; try > 6 {
			t.Fatalf("it does not end: %v", err)
		}
	}
	t.Logf("killed %d times", kills)
	want, err1 := os.ReadFile(filepath.Join(dir, "whole", batchfile.ManifestName))
	got, err2 := os.ReadFile(filepath.Join(dir, "killed", batchfile.ManifestName))
	if err1 != nil || err2 != nil || !bytes.Equal(got, want) {
		t.Errorf("another manifest: %v %v\n%s\nwant\n%s", err1, err2, got, want)
	}
	f, err := batchfile.Open(filepath.Join(dir, "killed"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for step := range 40 {
		if _, err := f.Batch(step); err != nil {
			t.Error(err)
		}
	}
}
