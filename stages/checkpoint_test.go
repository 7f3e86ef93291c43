package stages

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
)

func trained(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := Train(t.Context(), testTraining(t, dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func initial(specs []weights.Spec) *weights.Set { return weights.Initial(specs, 1) }

func folders(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestTrain_RemovesOldCheckpoints(t *testing.T) {
	if got, want := folders(t, trained(t)), []string{"step-20", "step-24"}; !slices.Equal(got, want) {
		t.Errorf("checkpoints %v, want %v", got, want)
	}
}

// TestOpenFolder_PassesOverDamagedCheckpoints damages the newest checkpoint, then all of them.
func TestOpenFolder_PassesOverDamagedCheckpoints(t *testing.T) {
	for name, damage := range map[string]func(path string, content []byte) error{
		"cut": func(path string, content []byte) error { return os.Truncate(path, int64(len(content)-2)) },
		"flipped": func(path string, content []byte) error {
			content[len(content)/2] ^= 4
			return os.WriteFile(path, content, 0o644)
		},
		"removed": func(path string, _ []byte) error { return os.Remove(path) },
	} {
		for _, file := range []string{WeightsFile, optimizerFile, stateFile} {
			if name == "flipped" && file == stateFile {
				continue // not every bit of it matters
			}
			t.Run(name+" "+file, func(t *testing.T) {
				dir := trained(t)
				harm := func(step string) {
					path := filepath.Join(dir, "checkpoints", step, file)
					content, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					if err := damage(path, content); err != nil {
						t.Fatal(err)
					}
				}
				harm("step-24")
				folder, err := OpenFolder(dir, nil, "recipe")
				if err != nil || folder.Done() != 20 || len(folder.Warnings) != 1 || !strings.Contains(folder.Warnings[0], file) {
					t.Fatalf("the newest damaged: %+v, %v", folder, err)
				}
				harm("step-20")
				_, err = OpenFolder(dir, nil, "recipe")
				if err == nil || !strings.Contains(err.Error(), "no checkpoint is whole") || !strings.Contains(err.Error(), file) {
					t.Errorf("all damaged: %v", err)
				}
			})
		}
	}
}

func TestOpenCheckpoint_RejectsAnotherStep(t *testing.T) {
	checkpoints := filepath.Join(trained(t), "checkpoints")
	if err := os.Rename(filepath.Join(checkpoints, "step-24"), filepath.Join(checkpoints, "step-25")); err != nil {
		t.Fatal(err)
	}
	if _, err := openCheckpoint(filepath.Join(checkpoints, "step-25")); err == nil || !strings.Contains(err.Error(), "it is of step 24") {
		t.Errorf("error %v", err)
	}
}

func TestTrain_ReplacesADamagedCheckpoint(t *testing.T) {
	dir := trained(t)
	_, want := outcome(t, dir)
	if err := os.Truncate(filepath.Join(dir, "checkpoints", "step-24", WeightsFile), 9); err != nil {
		t.Fatal(err)
	}
	if err := Train(t.Context(), testTraining(t, dir)); err != nil {
		t.Fatal(err)
	}
	if _, got := outcome(t, dir); got != want {
		t.Error("the weights differ after resuming from the previous checkpoint")
	}
}

func TestOpenFolder_RejectsAnotherRecipe(t *testing.T) {
	dir := trained(t)
	if _, err := OpenFolder(dir, []byte("other: true\n"), "other"); err == nil || !strings.Contains(err.Error(), "of another recipe") {
		t.Errorf("another recipe: %v", err)
	}
	if recipe, _ := os.ReadFile(filepath.Join(dir, RecipeFile)); string(recipe) != "steps: 24\n" {
		t.Errorf("the refused recipe was written: %q", recipe)
	}

	c, err := openCheckpoint(filepath.Join(dir, "checkpoints", "step-24"))
	if err != nil {
		t.Fatal(err)
	}
	set := testWeights(t)
	moments := testTraining(t, t.TempDir())
	step, err := newStepper(&moments, size{})
	if err != nil {
		t.Fatal(err)
	}
	specs := slices.Clone(set.Specs())
	specs[2].Shape = []int{5, testVocab}
	err = c.restore(initial(specs), step.moments)
	if err == nil || !strings.Contains(err.Error(), "weight head.weight has shape [8 36], the model's is [8 5]") {
		t.Errorf("another shape: %v", err)
	}
	err = c.restore(initial(set.Specs()[:3]), step.moments)
	if err == nil || !strings.Contains(err.Error(), "other weights beside these") {
		t.Errorf("fewer weights: %v", err)
	}
	longer := testTraining(t, dir)
	longer.Steps = 10
	if err := Train(t.Context(), longer); err == nil || !strings.Contains(err.Error(), "holds a run of 24 steps, 10 were asked for") {
		t.Errorf("fewer steps: %v", err)
	}
}

// TestTrain_SurvivesKills kills a process that trains with a checkpoint after every step, again and
// again at random moments, and compares what it comes to with an undisturbed run.
func TestTrain_SurvivesKills(t *testing.T) {
	const variable = "PALI3_TEST_TRAIN_IN"
	if dir := os.Getenv(variable); dir != "" {
		training := testTraining(t, dir)
		training.CheckpointEvery = 1
		if err := Train(context.Background(), training); err != nil {
			t.Fatal(err)
		}
		return
	}
	losses, content := outcome(t, trained(t))
	dir := t.TempDir()
	process := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTrain_SurvivesKills$")
		cmd.Env = append(os.Environ(), variable+"="+dir)
		return cmd
	}
	moments := random.New(5)
	for range 6 {
		cmd := process()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(20+moments.IntN(250)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
	}
	if out, err := process().CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, bytes.TrimSpace(out))
	}
	gotLosses, gotContent := outcome(t, dir)
	if !slices.Equal(gotLosses, losses) {
		t.Errorf("losses %v\nwant   %v", gotLosses, losses)
	}
	if gotContent != content {
		t.Error("the weights differ")
	}
	if names := folders(t, dir); len(names) != 2 {
		t.Errorf("left behind: %v", names)
	}
}
