package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/internal/quickstart"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/stages"
)

// asCommand makes the test binary the pali3 command: a process that can be killed.
const asCommand = "PALI3_TEST_AS_COMMAND"

// command returns a pali3 process that runs in dir.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Dir = dir
	c.Env = append(os.Environ(), asCommand+"=1")
	return c
}

func mustRun(t *testing.T, dir string, args ...string) {
	t.Helper()
	if out, err := command(t.Context(), dir, args...).CombinedOutput(); err != nil {
		t.Fatalf("pali3 %v: %v\n%s", args, err, out)
	}
}

// tiny makes a recipe of the quickstart small.
var tiny = map[string][]string{
	"siglip": {"model.image={width: 16, depth: 1, mlp: 24, heads: 2, patch: 15}", "model.text={width: 16, depth: 1, mlp: 24, heads: 2}"},
	"ul2":    {"model.language={width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}"},
	"pali3": {"model.image={width: 16, depth: 1, mlp: 24, heads: 2, patch: 15}",
		"model.language={width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}"},
}

// ingestQuickstart makes the dataset data of the quickstart's images in a folder.
func ingestQuickstart(t *testing.T, dir string) {
	t.Helper()
	archive, err := quickstart.Archive()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "emoji.tar"), archive, 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, "ingest", "webdataset", "emoji.tar", "--to", "data")
}

// TestTrain_KilledEqualsUninterrupted kills each stage with SIGKILL at random moments until it
// completes. Its weights and losses must equal those of an uninterrupted run, bit for bit.
func TestTrain_KilledEqualsUninterrupted(t *testing.T) {
	dir := t.TempDir()
	ingestQuickstart(t, dir)
	rng := random.New(uint64(time.Now().UnixNano()))
	for _, stage := range []struct{ name, kind, eval string }{
		{"siglip", "siglip", "i2t_r5"}, {"ul2", "ul2", ""}, {"stage1", "pali3", "loss"}, {"stage2", "pali3", "vqa_accuracy"},
	} {
		args := func(out string) []string {
			all := []string{"train", "--recipe", "quickstart-" + stage.name, "--out", out, "--workers", "1"}
			for _, set := range append(tiny[stage.kind], "steps=12", "batch=6", "checkpoint_every=2", "schedule.warm_up=2") {
				all = append(all, "--set", set)
			}
			if stage.eval != "" {
				all = append(all, "--set", "eval={every: 3, split: held_out, samples: 10, metrics: ["+stage.eval+"], best: "+stage.eval+"}")
			}
			return all
		}
		began := time.Now()
		mustRun(t, dir, args(stage.name)...)
		whole := time.Since(began)
		kills := 0
		for kills < 4 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.Float64()*float64(whole)))
			err := command(ctx, dir, args(stage.name+"-killed")...).Run()
			cancel()
			if err == nil {
				break
			}
			kills++
		}
		mustRun(t, dir, args(stage.name+"-killed")...)
		t.Logf("%s: killed %d times", stage.name, kills)
		same(t, filepath.Join(dir, stage.name), filepath.Join(dir, stage.name+"-killed"))
	}
}

// TestTrain_KilledWithVisualTokens kills a run that keeps visual tokens in a folder, which holds
// some of them at first. The run must equal an uninterrupted one into an empty folder, and another
// with all tokens there.
func TestTrain_KilledWithVisualTokens(t *testing.T) {
	dir := t.TempDir()
	ingestQuickstart(t, dir)
	args := func(out, tokens, steps string) []string {
		all := []string{"train", "--recipe", "quickstart-stage1", "--out", out, "--workers", "1"}
		for _, set := range append(tiny["pali3"], "init=[]", "batch=6", "checkpoint_every=2", "schedule.warm_up=2", "steps="+steps, "visual_tokens="+tokens,
			"eval={every: 3, split: held_out, samples: 10, metrics: [loss, vqa_accuracy], best: loss}") {
			all = append(all, "--set", set)
		}
		return all
	}
	began := time.Now()
	mustRun(t, dir, args("whole", "tokens", "12")...)
	whole := time.Since(began)
	mustRun(t, dir, args("begun", "other-tokens", "4")...)
	rng := random.New(uint64(time.Now().UnixNano()))
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.Float64()*float64(whole)))
		command(ctx, dir, args("killed", "other-tokens", "12")...).Run()
		cancel()
	}
	mustRun(t, dir, args("killed", "other-tokens", "12")...)
	same(t, filepath.Join(dir, "whole"), filepath.Join(dir, "killed"))
	mustRun(t, dir, args("warm", "other-tokens", "12")...)
	same(t, filepath.Join(dir, "whole"), filepath.Join(dir, "warm"))
	mustRun(t, dir, "cache", "verify", "tokens")
	mustRun(t, dir, "cache", "verify", "other-tokens", "--repair")
	mustRun(t, dir, "cache", "verify", "other-tokens")
}

// same compares the weights and the metrics of two runs.
func same(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.ReadFile(filepath.Join(a, stages.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(filepath.Join(b, stages.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("%s and %s have different weights", a, b)
	}
	if p, q := losses(t, a), losses(t, b); p != q {
		t.Errorf("%s and %s have different metrics:\n%s\n%s", a, b, p, q)
	}
}

// losses returns the metrics of a run without times, with all bits of each loss.
func losses(t *testing.T, dir string) string {
	t.Helper()
	steps, err := stages.ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, s := range steps {
		fmt.Fprintf(&b, "%d %x %x %x %x\n", s.Step, s.Loss, s.LearningRate, s.GradientNorm, s.Tasks)
	}
	evaluations, err := stages.ReadEvaluations(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range evaluations {
		fmt.Fprintf(&b, "after %d %+v\n", e.Step, e.Evaluation)
	}
	return b.String()
}

// filledCache is what `cache fill` and `cache verify` print as JSON.
type filledCache struct {
	Images, Known, Encoded, Unreadable, Doubled int
	OK                                          bool
	Problems                                    []struct{ File, Kind string }
}

// cacheJSON runs a command that must succeed and prints one JSON object.
func cacheJSON(t *testing.T, dir string, args ...string) (f filledCache) {
	t.Helper()
	c := command(t.Context(), dir, append(args, "--json")...)
	var problems bytes.Buffer
	c.Stderr = &problems
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &f)
	}
	if err != nil {
		t.Fatalf("pali3 %v: %v\n%s%s", args, err, out, problems.Bytes())
	}
	return f
}

// TestCacheFill_SeveralProcessesAndKills has two processes fill one folder of visual tokens at the
// same time, and others that are killed. A run with either folder encodes nothing, and equals the
// other to the bit.
func TestCacheFill_SeveralProcessesAndKills(t *testing.T) {
	dir := t.TempDir()
	ingestQuickstart(t, dir)
	var recipe []string
	for _, set := range append(tiny["pali3"], "init=[]", "batch=6", "schedule.warm_up=2", "steps=8", "eval={every: 4, split: held_out, samples: 10, metrics: [loss]}") {
		recipe = append(recipe, "--set", set)
	}
	fill := func(tokens string) []string {
		return append([]string{"cache", "fill", tokens, "--recipe", "quickstart-stage1"}, recipe...)
	}
	began := time.Now()
	one := func() {
		if out, err := command(t.Context(), dir, fill("tokens")...).CombinedOutput(); err != nil {
			t.Errorf("filling: %v\n%s", err, out)
		}
	}
	together(one, one)
	whole := time.Since(began)
	filled, verified := cacheJSON(t, dir, fill("tokens")...), cacheJSON(t, dir, "cache", "verify", "tokens")
	if filled.Encoded != 0 || filled.Known != filled.Images || filled.Images == 0 || filled.Unreadable != 0 {
		t.Errorf("after two processes a third fills %+v", filled)
	}
	if !verified.OK || verified.Images-verified.Doubled > filled.Images {
		t.Errorf("two processes leave %+v", verified)
	}

	rng := random.New(uint64(time.Now().UnixNano()))
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.Float64()*float64(whole)))
		killed := func() { command(ctx, dir, fill("killed")...).Run() }
		together(killed, killed)
		cancel()
	}
	mustRun(t, dir, fill("killed")...)
	if again := cacheJSON(t, dir, fill("killed")...); again.Encoded != 0 || again.Images != filled.Images {
		t.Errorf("after kills a process fills %+v, want %+v", again, filled)
	}
	mustRun(t, dir, "cache", "verify", "killed", "--repair")
	if v := cacheJSON(t, dir, "cache", "verify", "killed"); !v.OK || v.Images-v.Doubled != verified.Images-verified.Doubled {
		t.Errorf("kills leave %+v, without them %+v", v, verified)
	}
	for _, tokens := range []string{"tokens", "killed"} {
		args := append([]string{"train", "--recipe", "quickstart-stage1", "--out", "run-" + tokens, "--set", "visual_tokens=" + tokens}, recipe...)
		out, err := command(t.Context(), dir, args...).CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("encoded 0 images")) {
			t.Errorf("training with %s: %v\n%s", tokens, err, out)
		}
	}
	same(t, filepath.Join(dir, "run-tokens"), filepath.Join(dir, "run-killed"))
}

// together calls functions at the same time.
func together(all ...func()) {
	var group sync.WaitGroup
	for _, do := range all {
		group.Go(do)
	}
	group.Wait()
}
