package t5_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

var tiny = t5.Config{Width: 12, MLP: 20, Heads: 2, HeadDim: 5, EncoderLayers: 2, DecoderLayers: 2, Vocab: 23, ZLoss: 1e-4}

func initial(t *testing.T, c t5.Config) *weights.Set {
	t.Helper()
	specs, err := t5.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 1)
}

func lossOf(c t5.Config) modeltest.Model {
	return func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{t5.Loss(s, c, t5.Inputs{Encoder: in[0], Decoder: in[1], Targets: in[2]})}
	}
}

func batch() []*tensors.Tensor {
	return []*tensors.Tensor{modeltest.IDs("in", 23, 3, 7), modeltest.IDs("decoder", 23, 3, 6), modeltest.IDs("targets", 23, 3, 6)}
}

// TestCrossEntropy compares with T5X's formula written out in float64.
func TestCrossEntropy(t *testing.T) {
	const rows, vocab = 6, 11
	logits := modeltest.Floats("logits", 2, 3, vocab)
	targets := []int32{3, 10, 0, 5, 5, 1}
	mask := []float32{1, 0.5, 0, 2, 1, 1}
	for _, c := range []t5.Config{{}, {ZLoss: 0.1}, {LabelSmoothing: 0.2}, {ZLoss: 1e-4, LabelSmoothing: 0.1}} {
		sum, total := 0.0, 0.0
		values := tensors.MustCopyFlatData[float32](logits)
		for r := range rows {
			sum += float64(mask[r]) * tokenLoss(values[r*vocab:(r+1)*vocab], int(targets[r]), c)
			total += float64(mask[r])
		}
		empty, _ := weights.NewSet(nil, nil)
		got := modeltest.Flat(t, empty, func(_ *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{t5.CrossEntropy(c, in[0], in[1], in[2])}
		}, logits, tensors.FromFlatDataAndDimensions(targets, 2, 3), tensors.FromFlatDataAndDimensions(mask, 2, 3))[0]
		if want := sum / total; math.Abs(float64(got)-want) > 1e-5*want {
			t.Errorf("z-loss %g, smoothing %g: loss %g, want %g", c.ZLoss, c.LabelSmoothing, got, want)
		}
	}
}

func tokenLoss(logits []float32, target int, c t5.Config) float64 {
	z := 0.0
	for _, v := range logits {
		z += math.Exp(float64(v))
	}
	logZ := math.Log(z)
	n := float64(len(logits) - 1)
	confidence, low := 1-c.LabelSmoothing, c.LabelSmoothing/n
	loss := -(-(confidence*math.Log(confidence) + n*low*math.Log(low+1e-20)))
	for i, v := range logits {
		q := low
		if i == target {
			q = confidence
		}
		loss -= q * (float64(v) - logZ)
	}
	return loss + c.ZLoss*logZ*logZ
}

func TestGradient(t *testing.T) {
	for name, c := range map[string]t5.Config{
		"untied, silu":             tiny,
		"tied, gelu, layer tables": {Width: 12, MLP: 20, Heads: 2, HeadDim: 5, EncoderLayers: 2, DecoderLayers: 2, Vocab: 23, Tied: true, LayerBias: true, Activation: block.GatedGELU, LabelSmoothing: 0.1},
	} {
		t.Run(name, func(t *testing.T) { modeltest.Gradient(t, initial(t, c), lossOf(c), batch()...) })
	}
}

func TestLoss_LearnsTheBatch(t *testing.T) {
	losses := modeltest.Train(t, initial(t, tiny), 100, 1e-2, lossOf(tiny), batch()...)
	if last := losses[99]; !(last < losses[0]/4) {
		t.Errorf("the loss went from %g to %g in 100 steps", losses[0], last)
	}
}

// TestDecode_IsCausal changes the last decoder id, which no earlier position may see.
func TestDecode_IsCausal(t *testing.T) {
	set, in := initial(t, tiny), batch()
	decode := func(ids *tensors.Tensor) []float32 {
		return modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			mask := block.NotPadding(in[0])
			encoded := t5.Encode(s, tiny, t5.Embed(s, tiny, in[0]), mask)
			return []*graph.Node{t5.Decode(s, tiny, encoded, mask, in[1])}
		}, in[0], ids)
	}
	before := decode(in[1])
	ids := tensors.MustCopyFlatData[int32](in[1])
	ids[5] = (ids[5] + 1) % 23
	after := decode(tensors.FromFlatDataAndDimensions(ids, 3, 6))
	w := tiny.Width
	if !slices.Equal(before[:5*w], after[:5*w]) {
		t.Error("earlier positions changed with a later id")
	}
	if slices.Equal(before[5*w:6*w], after[5*w:6*w]) {
		t.Error("the position itself did not change")
	}
}
