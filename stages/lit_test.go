package stages

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestRun_LockedImageTower trains a text tower for an image tower that stays (LiT, arXiv
// 2111.07991), with CLIP's loss and weight decay.
func TestRun_LockedImageTower(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	result := runStage(t, testRecipe(t, "siglip", testData(t), "freeze=[vision_model]", "model.objective=softmax", "optimizer.weight_decay=0.1"), run)
	trained := reopen(t, run)
	before := trained.Untrained().Weights
	if result.Trained >= result.Parameters || trained.Weights.Get("logit_bias") != nil {
		t.Errorf("%+v, bias %v", result, trained.Weights.Get("logit_bias"))
	}
	moved := 0
	for _, spec := range trained.Weights.Specs() {
		same := slices.Equal(flat(before, spec.Name), flat(trained.Weights, spec.Name))
		if locked := strings.HasPrefix(spec.Name, "vision_model."); locked && !same {
			t.Errorf("%s is frozen and changed", spec.Name)
		} else if !locked && !same {
			moved++
		}
	}
	if moved < 10 {
		t.Errorf("%d weights of the text tower changed", moved)
	}
}

// TestRun_SiglipInOtherForms trains towers whose loss is computed block by block, and towers with
// NaFlex positions, a class token and a projection.
func TestRun_SiglipInOtherForms(t *testing.T) {
	data := testData(t)
	losses := map[string]float64{}
	for name, sets := range map[string][]string{
		"plain":  nil,
		"blocks": {"model.loss_block=4"},
		"naflex": {"model.image.naflex=3", "images.ops=decode|resize(8,12)|value_range(-1,1)"},
		"token":  {"model.image.pool=tok", "model.image.positions=sincos2d", "model.projection=5", "model.text.head=unbiased"},
	} {
		run := filepath.Join(t.TempDir(), name)
		losses[name] = runStage(t, testRecipe(t, "siglip", data, sets...), run).Loss
		reopen(t, run)
	}
	for name, loss := range losses {
		if !(loss > 0) {
			t.Errorf("%s: the loss is %g", name, loss)
		}
	}
	if math.Abs(losses["blocks"]-losses["plain"]) > 1e-5*losses["plain"] {
		t.Errorf("after 6 steps the loss is %g in blocks, %g otherwise", losses["blocks"], losses["plain"])
	}
}

// lit trains a text tower for a frozen image tower, and returns the losses and notes of the run.
func lit(t *testing.T, data, dir string, sets ...string) (losses []float32, notes string) {
	t.Helper()
	r := testRecipe(t, "siglip", data, append([]string{"freeze=[vision_model]", "steps=12", "eval={every: 4, split: train, samples: 12}"}, sets...)...)
	_, err := Run(t.Context(), r, dir, Options{Backend: openBackend(t), Workers: 2, Note: func(m string) { notes += m + "\n" }})
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range metrics {
		losses = append(losses, m.Loss, m.GradientNorm)
	}
	return losses, notes
}

// TestRun_LockedImagesAreEncodedOnce compares the losses of runs with embeddings of images that are
// kept, kept in part, and computed at each step.
func TestRun_LockedImagesAreEncodedOnce(t *testing.T) {
	data := testData(t)
	for name, model := range map[string][]string{
		"plain":      nil,
		"projection": {"model.projection=6", "freeze=[vision_model,visual_projection]"},
	} {
		want, notes := lit(t, data, t.TempDir(), append(model, "token_cache=-1")...)
		if !strings.Contains(notes, "token_cache keeps no tokens: images are encoded at each step") {
			t.Errorf("%s without a cache: %s", name, notes)
		}
		whole := t.TempDir()
		got, notes := lit(t, data, whole, model...)
		// 12 batches of 6, of 20 images.
		if !strings.Contains(notes, "encoded 20 images and used kept tokens 52 times; 20 images are in memory, in 1 MiB of at most 1024 MiB") {
			t.Errorf("%s: %s", name, notes)
		}
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6*math.Abs(float64(want[i])) {
				t.Errorf("%s: number %d is %g with kept embeddings, %g without", name, i, got[i], want[i])
			}
		}
		resumed := t.TempDir()
		lit(t, data, resumed, append(model, "steps=5")...)
		lit(t, data, resumed, model...)
		sameRun(t, whole, resumed)
	}
	aspects := aspectData(t)
	naflex := []string{"images.ops=decode|resize_to_sequence(4,9)|value_range(-1,1)", "images.sequence_lengths=[4, 9]", "model.image.naflex=3"}
	want, _ := lit(t, aspects, t.TempDir(), append(naflex, "token_cache=-1")...)
	got, notes := lit(t, aspects, t.TempDir(), naflex...)
	// 20 images of the split, nearly all in both lengths.
	if !strings.Contains(notes, "encoded 38 images and used kept tokens 34 times") {
		t.Error(notes)
	}
	for i := range want {
		if math.Abs(float64(got[i]-want[i])) > 1e-6*math.Abs(float64(want[i])) {
			t.Errorf("of any aspect: number %d is %g with kept embeddings, %g without", i, got[i], want[i])
		}
	}
	if _, notes := lit(t, data, t.TempDir(), "images.ops=decode|resize(8)|flip_lr|value_range(-1,1)"); !strings.Contains(notes, "images.ops are random") {
		t.Errorf("random ops: %s", notes)
	}
	if _, notes := lit(t, data, t.TempDir(), "model.projection=6"); notes != "" {
		t.Errorf("a projection that learns: %s", notes)
	}
}
