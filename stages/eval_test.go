package stages

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pali3/pali3/shards"
)

// heldOutData writes images of one bright pixel with captions and questions: 20 in train, 9 in
// val, of which 4 have questions.
func heldOutData(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	w, err := shards.Create(dir, shards.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 29 {
		m := image.NewGray(image.Rect(0, 0, 8, 8))
		m.SetGray(i%8, i/8, color.Gray{Y: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		s := shards.Sample{
			Key: fmt.Sprint(i), Split: "train",
			Images: []shards.Image{{Bytes: b.Bytes(), Format: "png", Width: 8, Height: 8}},
			Texts:  []shards.Text{{Kind: shards.Caption, Language: "en", Value: fmt.Sprintf("a dot in row %d and column %d", i/8, i%8)}},
		}
		if i >= 20 {
			s.Split = "val"
		}
		if i < 24 {
			s.Questions = []shards.Question{{ID: fmt.Sprint("q", i), Text: "Which row?", Language: "en", Answers: []shards.Answer{{Text: fmt.Sprint(i / 8)}}}}
		}
		if err := w.Append(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit("test"); err != nil {
		t.Fatal(err)
	}
	return dir
}

const twoTasks = "tasks=[{name: caption, kind: caption, weight: 2}, {name: vqa, kind: vqa, weight: 1}]"

// TestEval_DoesNotChangeTheTraining compares runs with evaluations with the same ones without, to
// the bit.
func TestEval_DoesNotChangeTheTraining(t *testing.T) {
	data := heldOutData(t)
	for _, c := range []struct {
		stage string
		sets  []string
		names []string
	}{
		{"siglip", nil, []string{"loss"}},
		{"ul2", []string{"model.language.dropout=0.1"}, []string{"loss"}},
		{"pali3", []string{twoTasks}, []string{"loss", "loss/caption", "loss/vqa"}},
		{"pali3", []string{twoTasks, "freeze=[]", "model.language.dropout=0.1"}, []string{"loss", "loss/caption", "loss/vqa"}},
	} {
		t.Run(strings.Join(append([]string{c.stage}, c.sets...), " "), func(t *testing.T) {
			plain, evaluated := t.TempDir(), t.TempDir()
			runStage(t, testRecipe(t, c.stage, data, c.sets...), plain)
			r := testRecipe(t, c.stage, data, append(c.sets, "eval={every: 4}")...)
			result := runStage(t, r, evaluated)
			sameRun(t, plain, evaluated)
			if len(result.Evaluations) != 2 || result.Evaluations[0].Step != 4 || result.Evaluations[1].Step != 6 {
				t.Fatalf("evaluations %+v", result.Evaluations)
			}
			for _, e := range result.Evaluations {
				for _, name := range c.names {
					s := e.Scores[name]
					if !(s.Value > 0) || !(s.Lo <= s.Value && s.Value <= s.Hi) || s.N == 0 {
						t.Errorf("step %d: %s %+v", e.Step, name, s)
					}
				}
				if len(e.Scores) != len(c.names) {
					t.Errorf("scores %v", e.Scores)
				}
			}
			if read, err := ReadEvaluations(evaluated); err != nil || len(read) != 2 || read[1].String() != result.Evaluations[1].String() {
				t.Errorf("read %v, %v", read, err)
			}
		})
	}
}

// sameRun compares the losses and the weights of two runs.
func sameRun(t *testing.T, a, b string) {
	t.Helper()
	var runs [2]string
	for i, dir := range []string{a, b} {
		metrics, err := ReadMetrics(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range metrics {
			m.Time, m.ExamplesPerSecond = time.Time{}, 0
			runs[i] += fmt.Sprintf("%+v\n", m)
		}
		weights, err := os.ReadFile(filepath.Join(dir, WeightsFile))
		if err != nil {
			t.Fatal(err)
		}
		runs[i] += shards.Hash(weights)
	}
	if runs[0] != runs[1] {
		t.Errorf("the runs differ:\n%s\n%s", runs[0], runs[1])
	}
}

// TestEval_LossDoesNotDependOnTheBatch checks the validation loss of equal weights, once by batches
// that divide the examples and once by batches that do not.
func TestEval_LossDoesNotDependOnTheBatch(t *testing.T) {
	data := heldOutData(t)
	loss := func(batch int) float64 {
		r := testRecipe(t, "pali3", data, fmt.Sprintf("batch=%d", batch), "steps=1", "optimizer.learning_rate=1e-12", "eval={every: 1}")
		return runStage(t, r, t.TempDir()).Evaluations[0].Scores["loss"].Value
	}
	if three, four := loss(3), loss(4); math.Abs(three-four) > 1e-5*three {
		t.Errorf("the loss is %g in batches of 3, %g in batches of 4", three, four)
	}
}

func TestEval_LeavesOutATaskWithoutSamples(t *testing.T) {
	r := testRecipe(t, "pali3", heldOutData(t), twoTasks, "eval={every: 6, split: train}")
	r.Eval.Data, r.Eval.Split = testData(t), "train" // without questions
	var warned []string
	result, err := Run(t.Context(), r, t.TempDir(), Options{Backend: openBackend(t), Warn: func(m string) { warned = append(warned, m) }})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`eval: task vqa can use no sample of split "train": it has no validation loss`}
	if scores := result.Evaluations[0].Scores; len(scores) != 2 || !slices.Equal(warned, want) {
		t.Errorf("scores %v, warnings %q", scores, warned)
	}
}

func TestEval_RejectsBadKeysBeforeTraining(t *testing.T) {
	data := heldOutData(t)
	for _, c := range []struct{ stage, eval, want string }{
		{"ul2", "{split: val}", "recipe: eval.every: 0, must be above zero"},
		{"ul2", "{every: 1, samples: -1}", "recipe: eval.samples: -1"},
		{"ul2", "{every: 1, metrics: [caption_cider]}", `recipe: eval.metrics: "caption_cider"; the nearest of the family t5 is "loss"`},
		{"pali3", "{every: 1, metrics: [captioncider]}", `the nearest of the family pali3 is "caption_cider"`},
		{"pali3", "{every: 1, metrics: [caption_cider]}", "this program has no evaluator for caption_cider"},
		{"pali3", "{every: 1, best: caption_cider}", `recipe: eval.best: "caption_cider" is none of the scores that eval.metrics give (loss, loss/caption, loss/text)`},
		{"pali3", "{every: 1, patience: 2}", "recipe: eval.patience: 2 needs eval.best"},
		{"pali3", "{every: 1, split: dev}", `recipe: eval: split "dev" has no sample: ` + data + " has train (20), val (9); name a split that is there with eval.split, or make one: pali3 shards split " + data + " --fraction dev=0.05 --to DATASET"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		r := testRecipe(t, c.stage, data, "eval="+c.eval, "tasks.0.name=caption")
		_, err := Run(t.Context(), r, dir, Options{Backend: openBackend(t)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v\nwant one with %q", c.eval, err, c.want)
		}
		if steps, _ := ReadMetrics(dir); len(steps) > 0 {
			t.Errorf("%s: it trained %d steps first", c.eval, len(steps))
		}
	}
}

// TestTrain_LossByTaskDoesNotChangeTheTraining compares the training of several tasks with one
// whose graph does not give the loss by example, and the loss with that of the tasks.
func TestTrain_LossByTaskDoesNotChangeTheTraining(t *testing.T) {
	data := heldOutData(t)
	for _, c := range []struct{ stage, tasks string }{
		{"siglip", "tasks=[{name: a, kind: contrastive, weight: 1}, {name: b, kind: contrastive, weight: 1}]"},
		{"ul2", "tasks=[{name: a, kind: denoise, denoisers: ul2, weight: 1}, {name: b, kind: denoise, denoisers: t5, weight: 1}]"},
		{"pali3", strings.ReplaceAll(strings.ReplaceAll(twoTasks, "name: caption", "name: a"), "name: vqa", "name: b")},
	} {
		with, without := t.TempDir(), t.TempDir()
		r := testRecipe(t, c.stage, data, c.tasks)
		runStage(t, r, with)
		if _, err := Run(t.Context(), r, without, Options{Backend: openBackend(t), Workers: 2, withoutExamples: true}); err != nil {
			t.Fatal(err)
		}
		metrics, err := ReadMetrics(with)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range metrics {
			if a, b := m.Tasks["a"], m.Tasks["b"]; len(m.Tasks) == 2 && (m.Loss < min(a, b) || m.Loss > max(a, b)) || len(m.Tasks) == 0 {
				t.Errorf("%s step %d: loss %g, of the tasks %v", c.stage, m.Step, m.Loss, m.Tasks)
			}
		}
		stripTasks(t, with)
		sameRun(t, with, without)
	}
}

// stripTasks takes the losses by task out of a run's metrics.
func stripTasks(t *testing.T, dir string) {
	t.Helper()
	metrics, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	var lines []byte
	for _, m := range metrics {
		m.Tasks = nil
		line, _, err := encodeMetric(m)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line...)
	}
	if err := os.WriteFile(filepath.Join(dir, MetricsFile), lines, 0o644); err != nil {
		t.Fatal(err)
	}
}

// scripted evaluates a training of testTraining: score after step N is scores[N], and evaluations
// fail at the steps of failing, as if killed under way.
func scripted(t *Training, every int, best string, patience int, score func(step int) float64, failing ...int) {
	step := 0
	t.Progress = func(p Progress) { step = p.Step }
	t.Evaluating = &Evaluating{
		Every: every, Best: best, Patience: patience, Split: "val", Set: "s",
		Score: func(context.Context) (map[string]Score, error) {
			if step == 0 {
				step = t.Folder.Done()
			}
			if slices.Contains(failing, step) {
				return nil, errKilled
			}
			return map[string]Score{best: {Value: score(step), N: 1}}, nil
		},
	}
}

// evaluatedRun is what must not depend on how an evaluated run went.
func evaluatedRun(t *testing.T, dir string, end ending) string {
	t.Helper()
	evaluations, err := ReadEvaluations(dir)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprintf("ended after %d, stopped %v\n", end.steps, end.stopped)
	for _, e := range evaluations {
		said += fmt.Sprintf("%d %s best by %q\n", e.Step, e, e.Best)
	}
	if end.best != nil {
		said += fmt.Sprintf("best %+v\n", *end.best)
		f := Folder{Dir: dir}
		content, err := os.ReadFile(f.bestWeights(end.best.Step))
		if err != nil {
			t.Fatal(err)
		}
		said += shards.Hash(content)
	}
	return said
}

// TestTrain_ResumesAnEvaluatedRun kills runs between steps, while they evaluate and at the end, and
// compares their evaluations, the best weights and where they stopped with those of a run in one
// go.
func TestTrain_ResumesAnEvaluatedRun(t *testing.T) {
	scores := map[int]float64{2: 1, 4: 5, 6: 7, 8: 6, 10: 6.5, 12: 7, 14: 9, 16: 8, 18: 8, 20: 8, 22: 8, 24: 8}
	score := func(step int) float64 { return scores[step] }
	for _, c := range []struct {
		patience, steps, best int
		stopped               bool
	}{{0, 24, 14, false}, {3, 12, 6, true}, {4, 22, 14, true}, {6, 24, 14, false}} {
		whole := t.TempDir()
		training := testTraining(t, whole)
		scripted(&training, 2, "x", c.patience, score)
		end, err := train(t.Context(), training)
		if err != nil || end.steps != c.steps || end.stopped != c.stopped || end.best == nil || end.best.Step != c.best {
			t.Fatalf("patience %d: %+v (best %+v), %v", c.patience, end, end.best, err)
		}
		want := evaluatedRun(t, whole, end)
		for _, kills := range [][]int{{-2}, {3}, {-4, -10}, {11}, {-6, -12, 13}, {9, 11, -12}, {-20, -24}} {
			dir := t.TempDir()
			for _, kill := range kills {
				training := testTraining(t, dir)
				if kill < 0 {
					scripted(&training, 2, "x", c.patience, score, -kill)
				} else {
					scripted(&training, 2, "x", c.patience, score)
					training.Stream = testStream{stopAt: kill}
				}
				if _, err := train(t.Context(), training); err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
			}
			for range 2 { // the second finds the run finished
				training := testTraining(t, dir)
				scripted(&training, 2, "x", c.patience, score)
				end, err := train(t.Context(), training)
				if err != nil {
					t.Fatal(err)
				}
				if got := evaluatedRun(t, dir, end); got != want {
					t.Errorf("patience %d, killed at %v:\n%s\nwant\n%s", c.patience, kills, got, want)
				}
			}
		}
	}
}

// TestBest_LowerLossIsBetter also counts the weights that are kept.
func TestBest_LowerLossIsBetter(t *testing.T) {
	dir := t.TempDir()
	training := testTraining(t, dir)
	scripted(&training, 1, "loss", 0, func(step int) float64 { return math.Abs(float64(step - 17)) })
	end, err := train(t.Context(), training)
	if err != nil || end.best == nil || end.best.Step != 17 {
		t.Fatalf("%+v, %v", end.best, err)
	}
	kept, err := filepath.Glob(filepath.Join(dir, checkpointsFolder, "best-*"))
	if err != nil || len(kept) != 1 {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// TestRun_EndsWithTheBestWeights keeps the weights of a step that is not the last, and the state of
// the last.
func TestRun_EndsWithTheBestWeights(t *testing.T) {
	data, dir := heldOutData(t), t.TempDir()
	// A rate that ruins the model: the first evaluation is the best.
	sets := []string{"checkpoint_every=2", "keep_checkpoints=3", "optimizer.learning_rate=0.3", "eval={every: 2, best: loss, patience: 2}", "steps=40"}
	r := testRecipe(t, "pali3", data, sets...)
	result := runStage(t, r, dir)
	if result.Best == nil || !result.StoppedEarly || result.Steps != result.Best.Step+4 {
		t.Fatalf("%+v", result)
	}
	best := result.Best.Step
	checkpoint := checkpointPath(filepath.Join(dir, checkpointsFolder), best)
	want := reopenSet(t, filepath.Join(checkpoint, WeightsFile), dir)
	if !slices.Equal(flat(reopen(t, dir).Weights, "shared.weight"), want) {
		t.Error("the weights are not those of the best step")
	}
	if content, err := os.ReadFile(filepath.Join(dir, BestFile)); err != nil || !strings.Contains(string(content), fmt.Sprintf(`"step": %d`, best)) {
		t.Errorf("%s: %s, %v", BestFile, content, err)
	}
	again := runStage(t, r, dir)
	if again.Resumed != result.Steps || !again.StoppedEarly || again.Best.Step != best {
		t.Errorf("again: %+v", again)
	}
}

// reopenSet reads a weight of a file with the weights of a run's model.
func reopenSet(t *testing.T, path, dir string) []float32 {
	t.Helper()
	trained := reopen(t, dir)
	if _, err := trained.Weights.Fill(path); err != nil {
		t.Fatal(err)
	}
	return flat(trained.Weights, "shared.weight")
}
