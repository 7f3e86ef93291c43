package paligemma_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/paligemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// moduleName is the name of a weight in a module of transformers 5.
func moduleName(ours string) string {
	return "model." + strings.Replace(ours, "vision_model.", "vision_tower.", 1)
}

// tiny is a small Gemma 2 with a window shorter than its sequences. Its images are not square.
func tiny() paligemma.Config {
	return paligemma.Config{
		Vision: vit.Config{Width: 8, Depth: 1, MLP: 12, Heads: 2, Patch: 4, Image: vit.Size{Height: 8, Width: 4}},
		Language: gemma.Config{Width: 12, Depth: 2, MLP: 20, Heads: 4, KVHeads: 2, HeadDim: 6, Vocab: 29,
			PostNorms: true, AttentionSoftcap: 50, LogitSoftcap: 30, Window: 4},
		RandomProjection: true,
	}
}

func initial(t *testing.T, c paligemma.Config) *weights.Set {
	t.Helper()
	specs, err := paligemma.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 5)
}

// TestLogits_IgnorePadding moves padding about in prompts, adds images that are not there, and
// replaces images by their tokens.
func TestLogits_IgnorePadding(t *testing.T) {
	c := tiny()
	set := initial(t, c)
	images := modeltest.Floats("images", 1, 2, 8, 4, 3)
	decoder := tensors.FromValue([][]int32{{0, 5, 6, 7, 8, 9}})
	logits := func(prompt []int32, mask []float32) []float32 {
		return modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{paligemma.Logits(s, c, paligemma.Inputs{
				Images: in[0], ImageMask: in[1], Prompt: in[2], Decoder: in[3],
			})}
		}, images, tensors.FromFlatDataAndDimensions(mask, 1, 2), tensors.FromFlatDataAndDimensions(prompt, 1, len(prompt)), decoder)
	}
	want := logits([]int32{2, 11, 12, 3}, []float32{1, 0})
	for _, prompt := range [][]int32{{2, 11, 12, 3, 0, 0, 0}, {0, 0, 2, 11, 12, 3}, {2, 0, 11, 12, 0, 3, 0}} {
		if d := difference(want, logits(prompt, []float32{1, 0})); d > 1e-5 {
			t.Errorf("the logits with prompt %v differ by %g", prompt, d)
		}
	}
	tokens := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		one := graph.Slice(in[0], graph.AxisRange(), graph.AxisRange(0, 1))
		return []*graph.Node{paligemma.Logits(s, c, paligemma.Inputs{
			Tokens: c.VisualTokens(s, one), Prompt: in[1], Decoder: in[2],
		})}
	}, images, tensors.FromValue([][]int32{{2, 11, 12, 3}}), decoder)
	if d := difference(want, tokens); d > 1e-5 {
		t.Errorf("the logits with tokens of one image differ by %g", d)
	}
	if d := difference(want, logits([]int32{2, 11, 12, 3}, []float32{1, 1})); d < 1e-3 {
		t.Errorf("a second image changes the logits by %g only", d)
	}
}

// TestLogits_SeePrefixBothWaysAndAnswersCausally changes one id at a time.
func TestLogits_SeePrefixBothWaysAndAnswersCausally(t *testing.T) {
	c := tiny()
	set := initial(t, c)
	logits := func(prompt, decoder []int32) []float32 {
		return modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{paligemma.Logits(s, c, paligemma.Inputs{Prompt: in[0], Decoder: in[1]})}
		}, tensors.FromFlatDataAndDimensions(prompt, 1, len(prompt)), tensors.FromFlatDataAndDimensions(decoder, 1, len(decoder)))
	}
	base := logits([]int32{2, 3, 4}, []int32{0, 5, 6, 7})
	if got := logits([]int32{2, 3, 4}, []int32{9, 5, 6, 7}); difference(base, got) != 0 {
		t.Error("the decoder's first id changes the logits")
	}
	got := logits([]int32{2, 3, 4}, []int32{0, 5, 8, 7})
	v := c.Language.Vocab
	if difference(base[:2*v], got[:2*v]) != 0 {
		t.Error("an id changes the logits of those before it")
	}
	for row := 2; row < 4; row++ {
		if difference(base[row*v:(row+1)*v], got[row*v:(row+1)*v]) == 0 {
			t.Errorf("an id does not change the logits of row %d", row)
		}
	}
	if got := logits([]int32{2, 9, 4}, []int32{0, 5, 6, 7}); difference(base[:v], got[:v]) == 0 {
		t.Error("the prompt does not change the first logits")
	}
}

// TestStep_EqualsLogits decodes given ids one by one, beyond the window.
func TestStep_EqualsLogits(t *testing.T) {
	c := tiny()
	set := initial(t, c)
	images, mask := modeltest.Floats("images", 2, 1, 8, 4, 3), tensors.FromValue([][]float32{{1}, {0}})
	prompt := tensors.FromValue([][]int32{{2, 4, 3}, {2, 3, 0}})
	ids := tensors.FromValue([][]int32{{0, 5, 6, 7, 8, 9, 10}, {0, 15, 16, 17, 18, 19, 20}})
	const steps = 7
	out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		want := paligemma.Logits(s, c, paligemma.Inputs{Images: in[0], ImageMask: in[1], Prompt: in[2], Decoder: in[3]})
		first, state := c.Prefill(s, family.Prompt{Images: in[0], ImageMask: in[1], IDs: in[2]}, steps)
		all := []*graph.Node{first}
		for i := range steps - 1 {
			id := graph.Reshape(graph.Slice(in[3], graph.AxisRange(), graph.AxisElem(i+1)), 2)
			var logits *graph.Node
			logits, state.Said = c.Step(s, id, graph.Const(in[0].Graph(), int32(i)), state)
			all = append(all, logits)
		}
		return []*graph.Node{want, graph.Stack(all, 1)}
	}, images, mask, prompt, ids)
	want, got := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
	if d := difference(want, got); d > 1e-5 {
		t.Errorf("the logits differ by %g", d)
	}
}

// TestLoss_HasTheGradientsThatGoMLXDerives compares own gradients with those of single operations.
func TestLoss_HasTheGradientsThatGoMLXDerives(t *testing.T) {
	c := tiny()
	set := initial(t, c)
	model := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{paligemma.Loss(s, c, paligemma.Inputs{Images: in[0], Prompt: in[1], Decoder: in[2], Targets: in[2]})}
	}
	inputs := []*tensors.Tensor{modeltest.Floats("images", 2, 1, 8, 4, 3), modeltest.IDs("prompt", 29, 2, 5), modeltest.IDs("answer", 29, 2, 6)}
	own := modeltest.Gradients(t, set, model, inputs...)
	t.Setenv("GOMLX_FUSION", "0")
	derived := modeltest.Gradients(t, set, model, inputs...)
	for i, spec := range set.Specs() {
		a, b := tensors.MustCopyFlatData[float32](own[i]), tensors.MustCopyFlatData[float32](derived[i])
		if d := difference(a, b); d > 2e-5 {
			t.Errorf("%s: gradients differ by %g", spec.Name, d)
		}
	}
}

// TestLossByExample_AddsUp checks both means.
func TestLossByExample_AddsUp(t *testing.T) {
	for _, byExample := range []bool{false, true} {
		c := tiny()
		c.MeanByExample = byExample
		targets := tensors.FromValue([][]int32{{5, 6, 7, 1}, {8, 1, 0, 0}, {0, 0, 0, 0}})
		out := modeltest.Outputs(t, initial(t, c), func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			loss, sums, counts := paligemma.LossByExample(s, c, paligemma.Inputs{Prompt: in[0], Decoder: in[1], Targets: in[1]})
			return []*graph.Node{loss, sums, counts}
		}, modeltest.IDs("prompt", 29, 3, 5), targets)
		sums, counts := tensors.MustCopyFlatData[float32](out[1]), tensors.MustCopyFlatData[float32](out[2])
		want := [][]float32{{4, 2, 0}, {1, 1, 0}}[map[bool]int{false: 0, true: 1}[byExample]]
		if difference(counts, want) != 0 {
			t.Errorf("by example %v: counts are %v, want %v", byExample, counts, want)
		}
		mean := (sums[0] + sums[1] + sums[2]) / (counts[0] + counts[1] + counts[2])
		if got := tensors.ToScalar[float32](out[0]); math.Abs(float64(got-mean)) > 1e-5 {
			t.Errorf("by example %v: the loss is %g, its sums and counts give %g", byExample, got, mean)
		}
	}
}

// TestTraining_LearnsAnAnswer trains from zeros in the projection, with dropout's scope untouched.
func TestTraining_LearnsAnAnswer(t *testing.T) {
	c := tiny()
	c.RandomProjection = false
	losses := modeltest.Train(t, initial(t, c), 60, 1e-2, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{paligemma.Loss(s, c, paligemma.Inputs{Images: in[0], Prompt: in[1], Decoder: in[2], Targets: in[3]})}
	}, modeltest.Floats("images", 2, 1, 8, 4, 3), tensors.FromValue([][]int32{{2, 4, 3}, {2, 4, 3}}),
		tensors.FromValue([][]int32{{0, 5, 6}, {0, 7, 8}}), tensors.FromValue([][]int32{{5, 6, 1}, {7, 8, 1}}))
	if last := losses[len(losses)-1]; !(last < 0.1) {
		t.Errorf("the loss fell from %g to %g only", losses[0], last)
	}
}

func difference(a, b []float32) (largest float64) {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	for i := range a {
		if d := math.Abs(float64(a[i] - b[i])); !(d <= largest) {
			largest = d
		}
	}
	return largest
}
