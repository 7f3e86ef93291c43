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
