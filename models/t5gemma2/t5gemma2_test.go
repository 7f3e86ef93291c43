package t5gemma2_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5gemma2"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

func small() t5gemma2.Config {
	return t5gemma2.Config{
		Vision: vit.Config{Width: 8, Depth: 1, MLP: 12, Heads: 2, Patch: 2, Image: vit.Size{Height: 6, Width: 10}},
		Pool:   2, Width: 12, Vocab: 30, ImageBegin: 7, ImageEnd: 8, Paragraph: 9, RandomProjection: true,
		Encoder: t5gemma2.Tower{Depth: 2, MLP: 16, Heads: 4, KVHeads: 2, HeadDim: 4, Window: 3, GlobalEvery: 2},
		Decoder: t5gemma2.Tower{Depth: 3, Window: 2},
	}
}

func initial(t *testing.T, c t5gemma2.Config) *weights.Set {
	t.Helper()
	specs, err := t5gemma2.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 3)
}

// images returns n images of 6 by 10 pixels for each of b examples.
func images(b, n int) *tensors.Tensor {
	values := make([]float32, b*n*6*10*3)
	for i := range values {
		values[i] = float32(math.Sin(float64(i)))
	}
	return tensors.FromFlatDataAndDimensions(values, b, n, 6, 10, 3)
}

// TestLoss_DoesNotDependOnTheBatch adds padding, and images that are not there.
func TestLoss_DoesNotDependOnTheBatch(t *testing.T) {
	c := small()
	set := initial(t, c)
	loss := func(prompts [][]int32, pixels *tensors.Tensor, there [][]float32, targets [][]int32) []float32 {
		out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			l := c.Loss(s, family.Batch{Encoder: in[0], Pixels: in[1], ImageMask: in[2], Targets: in[3], Decoder: in[3]})
			return []*graph.Node{l.Sums}
		}, tensors.FromValue(prompts), pixels, tensors.FromValue(there), tensors.FromValue(targets))
		return tensors.MustCopyFlatData[float32](out[0])
	}
	alone := loss([][]int32{{2, 11, 12, 13}}, images(1, 1), [][]float32{{1}}, [][]int32{{14, 15, 1}})
	two := tensors.MustCopyFlatData[float32](images(1, 2))
	one := tensors.MustCopyFlatData[float32](images(1, 1))
	for name, batch := range map[string]struct {
		pixels []float32
		there  []float32
		prompt []int32
	}{
		"an image that is not there after it":  {slices.Concat(one, one), []float32{1, 0}, []int32{2, 11, 12, 13, 0, 0}},
		"an image that is not there before it": {slices.Concat(two[len(one):], one), []float32{0, 1}, []int32{2, 11, 12, 13, 0}},
		"padding within the prompt":            {slices.Concat(one, one), []float32{1, 0}, []int32{0, 2, 11, 0, 12, 13}},
	} {
		pixels := tensors.FromFlatDataAndDimensions(batch.pixels, 1, 2, 6, 10, 3)
		got := loss([][]int32{batch.prompt}, pixels, [][]float32{batch.there}, [][]int32{{14, 15, 1, 0, 0}})
		if math.Abs(float64(got[0]-alone[0])) > 2e-5 {
			t.Errorf("%s: the loss is %g, alone %g", name, got[0], alone[0])
		}
	}
	// Another place of the image, or another image, changes it.
	if got := loss([][]int32{{11, 12, 13, 2}}, images(1, 1), [][]float32{{1}}, [][]int32{{14, 15, 1}}); got[0] == alone[0] {
		t.Error("the order of the prompt does not matter")
	}
}

// TestLoss_EqualsThatOfPlaceholders compares loss and gradients with those of ids in which each
// token of an image has its place, as transformers' processor writes them.
func TestLoss_EqualsThatOfPlaceholders(t *testing.T) {
	c := small()
	c.ImageToken = 10
	set := initial(t, c)
	targets := [][]int32{{16, 17, 1}}
	framed := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{c.Loss(s, family.Batch{Encoder: in[0], Pixels: in[1], Targets: in[2], Decoder: in[3], ImageMask: in[4]}).Mean}
	}
	shifted := tensors.FromValue([][]int32{{0, 16, 17}}) // the first id is not read
	there := tensors.FromValue([][]float32{{1, 1}})
	got := modeltest.Gradients(t, set, framed, tensors.FromValue([][]int32{{2, 11, 8, 12}}), images(1, 2), tensors.FromValue(targets), shifted, there)
	placed := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{t5gemma2.Loss(s, c, t5gemma2.Inputs{
			Prompt: in[0], Images: in[1], Targets: in[2], Decoder: in[3], Placeholders: true,
		})}
	}
	ids := tensors.FromValue([][]int32{{2, 9, 7, 10, 10, 8, 9, 9, 7, 10, 10, 8, 9, 11, 8, 12}})
	want := modeltest.Gradients(t, set, placed, ids, images(1, 2), tensors.FromValue(targets), tensors.FromValue([][]int32{{2, 16, 17}}))
	for i, spec := range set.Specs() {
		a, b := tensors.MustCopyFlatData[float32](got[i]), tensors.MustCopyFlatData[float32](want[i])
		largest := max(float64(slices.Max(b)), -float64(slices.Min(b)), 1e-2)
		for j := range a {
			if math.Abs(float64(a[j]-b[j])) > 1e-5*largest {
				t.Errorf("the gradient of %s: element %d is %g, want %g", spec.Name, j, a[j], b[j])
				break
			}
		}
	}
}

// TestVisualTokens_AverageOverSquares compares with averages by hand; rows and columns that fill
// no square are dropped.
func TestVisualTokens_AverageOverSquares(t *testing.T) {
	c := small() // 3 by 5 patches: 1 by 2 squares
	set := initial(t, c)
	out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		flat := graph.Reshape(in[0], 1, 6, 10, 3)
		return []*graph.Node{t5gemma2.VisualTokens(s, c, in[0]), vit.Encode(s.In("vision_model"), c.Vision, flat).Encoded}
	}, images(1, 1))
	got, all := tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](out[1])
	if len(got) != c.Tokens()*8 || c.Tokens() != 2 {
		t.Fatalf("%d numbers, %d tokens", len(got), c.Tokens())
	}
	for square := range 2 {
		for i := range 8 {
			sum := 0.0
			for _, patch := range []int{0, 1, 5, 6} {
				sum += float64(all[(patch+2*square)*8+i])
			}
			if math.Abs(sum/4-float64(got[square*8+i])) > 1e-6 {
				t.Errorf("square %d: element %d is %g, want %g", square, i, got[square*8+i], sum/4)
			}
		}
	}
}

// TestFit_FollowsTheData sets sizes and says what does not fit.
func TestFit_FollowsTheData(t *testing.T) {
	c := small()
	c.Loosen()
	data := family.Data{Images: 1, Height: 8, Width: 12, Encoder: 4, Vocabulary: 40}
	if problems := c.Fit(data); len(problems) > 0 || c.Vocab != 40 || c.Vision.Image != (vit.Size{Height: 8, Width: 12}) {
		t.Errorf("%v: %+v", problems, c)
	}
	data.Vocabulary = 41
	if problems := c.Fit(data); len(problems) != 1 || problems[0].Key != "model.vocab" {
		t.Errorf("the problems are %v", problems)
	}
	text := small()
	text.Loosen()
	if problems := text.Fit(family.Data{Encoder: 4, Vocabulary: 40}); len(problems) > 0 {
		t.Errorf("without images the problems are %v", problems)
	}
}

// TestSpell_TakesTheTokenizersIDs leaves ids alone that the tokenizer does not have.
func TestSpell_TakesTheTokenizersIDs(t *testing.T) {
	c := small()
	c.Spell(func(piece string) (int, bool) {
		id, known := map[string]int{"\n\n": 21, "<end_of_image>": 22}[piece]
		return id, known
	})
	if c.Paragraph != 21 || c.ImageBegin != 7 || c.ImageEnd != 8 {
		t.Errorf("the ids are %d, %d, %d", c.Paragraph, c.ImageBegin, c.ImageEnd)
	}
}

// TestValidate_NamesTheField changes one field at a time.
func TestValidate_NamesTheField(t *testing.T) {
	for want, change := range map[string]func(*t5gemma2.Config){
		"image encoder: depth is 0":   func(c *t5gemma2.Config) { c.Vision.Depth = 0 },
		"naflex":                      func(c *t5gemma2.Config) { c.Vision.NaFlex = 4 },
		"pool is 4":                   func(c *t5gemma2.Config) { c.Pool = 4 },
		"width is 0":                  func(c *t5gemma2.Config) { c.Width = 0 },
		"vocab is 0":                  func(c *t5gemma2.Config) { c.Vocab = 0 },
		"image_begin is 30":           func(c *t5gemma2.Config) { c.ImageBegin = 30 },
		"paragraph is -1":             func(c *t5gemma2.Config) { c.Paragraph = -1 },
		"bos is 31":                   func(c *t5gemma2.Config) { c.BOS = 31 },
		"encoder: depth is 0":         func(c *t5gemma2.Config) { c.Encoder.Depth, c.Decoder.Depth = 0, 0 },
		"encoder: heads 4":            func(c *t5gemma2.Config) { c.Encoder.KVHeads = 3 },
		"decoder: head_dim is 5":      func(c *t5gemma2.Config) { c.Decoder.HeadDim = 5 },
		"decoder: rotary_base is 1":   func(c *t5gemma2.Config) { c.Decoder.RotaryBase = 1 },
		"decoder: rotary_factor is":   func(c *t5gemma2.Config) { c.Decoder.RotaryFactor = math.NaN() },
		"decoder: window is -1":       func(c *t5gemma2.Config) { c.Decoder.Window = -1 },
		"label_smoothing is 1":        func(c *t5gemma2.Config) { c.LabelSmoothing = 1 },
		"dropout is -1":               func(c *t5gemma2.Config) { c.Dropout = -1 },
		"z_loss is NaN":               func(c *t5gemma2.Config) { c.ZLoss = math.NaN() },
		"logit_softcap is -1":         func(c *t5gemma2.Config) { c.LogitSoftcap = -1 },
		"decoder: local_rotary_base ": func(c *t5gemma2.Config) { c.Decoder.LocalRotaryBase = 0.5 },
	} {
		c := small()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want it to name %q", err, want)
		}
	}
}

// TestDropout_ChangesTheLossInTrainingOnly trains with dropout.
func TestDropout_ChangesTheLossInTrainingOnly(t *testing.T) {
	c := small()
	set := initial(t, c)
	loss := func(rate float64, train bool) float32 {
		c.Dropout = rate
		return modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			if train {
				s.Train(graph.Const(in[0].Graph(), []uint64{1, 2, 3}))
			}
			return []*graph.Node{c.Loss(s, family.Batch{Encoder: in[0], Targets: in[1], Decoder: in[1]}).Mean}
		}, tensors.FromValue([][]int32{{2, 11, 12}}), tensors.FromValue([][]int32{{14, 15, 1}}))[0]
	}
	if loss(0.5, false) != loss(0, true) || loss(0.5, true) == loss(0, true) {
		t.Errorf("the losses are %g, %g, %g", loss(0.5, false), loss(0, true), loss(0.5, true))
	}
}

// TestParts_CountEveryWeight compares the parts' weights with all.
func TestParts_CountEveryWeight(t *testing.T) {
	c := small()
	specs, err := c.Specs(modeltest.Backend(t))
	if err != nil {
		t.Fatal(err)
	}
	parts := c.Parts(family.Lengths{Prompt: 5, Answer: 4})
	for _, spec := range specs {
		if !slices.ContainsFunc(parts, func(p family.Part) bool { return strings.HasPrefix(spec.Name, p.Name+".") }) {
			t.Errorf("%s is in no part", spec.Name)
		}
	}
	for _, p := range parts {
		if p.ForwardFLOPs <= 0 || p.Tokens <= 0 {
			t.Errorf("%+v", p)
		}
	}
	if dtype := c.Inputs()[0].DType; dtype != dtypes.Float32 {
		t.Errorf("images are %s", dtype)
	}
}
