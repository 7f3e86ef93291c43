package stages

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// TestRun_ExtendsWithMoreSteps compares a run that was extended with one in one go, to the bit,
// where the schedule has no end; where it has one, a warning says so.
func TestRun_ExtendsWithMoreSteps(t *testing.T) {
	data := testData(t)
	for _, c := range []struct {
		schedule string
		same     bool
	}{{"{kind: constant, warm_up: 2}", true}, {"{kind: rsqrt, warm_up: 3, timescale: 10}", true}, {"{kind: rsqrt_t5x, warm_up: 4}", true},
		{"{kind: cosine, warm_up: 2}", false}, {"{kind: constant, cooldown: 2}", false}} {
		whole, extended := t.TempDir(), t.TempDir()
		runStage(t, testRecipe(t, "pali3", data, "schedule="+c.schedule, "steps=12"), whole)
		runStage(t, testRecipe(t, "pali3", data, "schedule="+c.schedule, "steps=6"), extended)
		var warned []string
		result, err := Run(t.Context(), testRecipe(t, "pali3", data, "schedule="+c.schedule, "steps=12"), extended,
			Options{Backend: openBackend(t), Warn: func(m string) { warned = append(warned, m) }})
		if err != nil || result.Resumed != 6 || result.Steps != 12 {
			t.Fatalf("%s: %+v, %v", c.schedule, result, err)
		}
		if c.same {
			sameRun(t, whole, extended)
			if len(warned) > 0 {
				t.Errorf("%s: warnings %q", c.schedule, warned)
			}
		} else if len(warned) != 1 || !strings.Contains(warned[0], "was planned with 6 steps, after which its schedule ends; from step 7 on it takes the learning rates of a run of 12 steps") {
			t.Errorf("%s: warnings %q", c.schedule, warned)
		}
		_, err = Run(t.Context(), testRecipe(t, "pali3", data, "schedule="+c.schedule, "steps=9"), extended, Options{Backend: openBackend(t)})
		if err == nil || !strings.Contains(err.Error(), "12 steps of this run are done, and steps is 9: ask for 12 or more, or write to another folder") {
			t.Errorf("fewer steps: %v", err)
		}
		if r, err := ReadRun(extended, nil); err != nil || r.Steps != 12 {
			t.Errorf("run.yaml was written by the refused recipe: %d, %v", r.Steps, err)
		}
	}
}

// TestRun_ChangedRecipeSaysWhatDiffers changes keys, the data and the tokenizer of a run.
func TestRun_ChangedRecipeSaysWhatDiffers(t *testing.T) {
	data, dir := testData(t), filepath.Join(t.TempDir(), "run")
	tokenizer := filepath.Join(t.TempDir(), "t.model")
	copyFile(t, testTokenizer, tokenizer)
	begin := testRecipe(t, "ul2", data, "tokenizer.model="+tokenizer)
	runStage(t, begin, dir)

	changed := begin
	changed.Optimizer.LearningRate, changed.Mixture.Batch, changed.CheckpointEvery = 0.5, 4, 3
	differs(t, changed, dir, "optimizer.learning_rate is 0.02 in the run and 0.5 here", "batch is 6 in the run and 4 here")

	other := begin
	other.Mixture.Data = heldOutData(t)
	differs(t, other, dir, "the dataset "+other.Mixture.Data+" is not the one that this run began with")

	moved := begin
	moved.Mixture.Data = filepath.Join(t.TempDir(), "moved")
	if err := os.CopyFS(moved.Mixture.Data, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	if result := runStage(t, moved, dir); result.Resumed != 6 {
		t.Errorf("with the dataset elsewhere: %+v", result)
	}

	if err := os.WriteFile(tokenizer, append(read(t, testTokenizer), 0x1a, 0), 0o644); err != nil {
		t.Fatal(err)
	}
	differs(t, begin, dir, "the tokenizer "+tokenizer+" is not the one that this run began with")
}

func differs(t *testing.T, r Recipe, dir string, wants ...string) {
	t.Helper()
	_, err := Run(t.Context(), r, dir, Options{Backend: openBackend(t)})
	if err == nil {
		t.Fatalf("no error, want one with %q", wants)
	}
	want := dir + ": its checkpoint of step 6 is of another recipe than this: " + strings.Join(wants, "; ") +
		". Train with what it began with, or write to another folder"
	if sorted(err.Error()) != sorted(want) {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}

// sorted is a text whose reasons, which semicolons part, are in no particular order.
func sorted(text string) string {
	for _, cut := range []string{"than this: ", ". Train"} {
		text = strings.ReplaceAll(text, cut, "; ")
	}
	parts := map[string]bool{}
	for _, p := range strings.Split(text, "; ") {
		parts[p] = true
	}
	return fmt.Sprint(parts)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, read(t, from), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRun_ResumesOldCheckpoints takes a checkpoint whose recipe hash has the steps in it, as
// before runs could be extended, and resumes and extends it.
func TestRun_ResumesOldCheckpoints(t *testing.T) {
	data, dir := testData(t), t.TempDir()
	r := testRecipe(t, "ul2", data)
	runStage(t, r, dir)
	whole := shards.Hash(read(t, filepath.Join(dir, WeightsFile)))
	stream, err := mixture.Open(r.Mixture, mixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	r.Mixture = stream.Recipe()
	id, err := newIdentity(r, stream)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []int{4, 6} {
		makeOld(t, id, filepath.Join(checkpointPath(filepath.Join(dir, checkpointsFolder), step), stateFile))
	}
	if err := os.RemoveAll(checkpointPath(filepath.Join(dir, checkpointsFolder), 6)); err != nil {
		t.Fatal(err)
	}
	if result := runStage(t, r, dir); result.Resumed != 4 {
		t.Fatalf("%+v", result)
	}
	if got := shards.Hash(read(t, filepath.Join(dir, WeightsFile))); got != whole {
		t.Error("the weights differ")
	}
	makeOld(t, id, filepath.Join(checkpointPath(filepath.Join(dir, checkpointsFolder), 6), stateFile))
	r.Steps = 8
	if result := runStage(t, r, dir); result.Resumed != 6 || result.Steps != 8 {
		t.Errorf("extended: %+v", result)
	}
}

// makeOld makes a state.json what it was before: the steps in the hash, and no more than the hash.
func makeOld(t *testing.T, id *identity, path string) {
	t.Helper()
	var s map[string]any
	if err := json.Unmarshal(read(t, path), &s); err != nil {
		t.Fatal(err)
	}
	delete(s, "steps")
	delete(s, "data")
	delete(s, "tokenizer")
	hash, err := id.withSteps(6)
	if err != nil {
		t.Fatal(err)
	}
	s["recipe"] = hash
	content, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
