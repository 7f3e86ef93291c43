package pali3_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var tiny = pali3.Config{
	Vision: vit.Config{Width: 12, Depth: 2, MLP: 16, Heads: 2, Patch: 2, Image: vit.Side(4)},
	Language: t5.Config{Width: 16, MLP: 20, Heads: 2, HeadDim: 6, EncoderLayers: 2, DecoderLayers: 2, Vocab: 23,
		ZLoss: 1e-4, LabelSmoothing: 0.1},
}

func initial(t testing.TB, c pali3.Config) *weights.Set {
	t.Helper()
	specs, err := pali3.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 1)
}

// batch returns images [2, 2, 4, 4, 3], prompts, decoder ids and targets.
func batch() []*tensors.Tensor {
	return []*tensors.Tensor{
		modeltest.Floats("images", 2, 2, 4, 4, 3), modeltest.IDs("prompt", 23, 2, 5),
		modeltest.IDs("decoder", 23, 2, 6), modeltest.IDs("targets", 23, 2, 6),
	}
}

func loss(s *weights.Scope, in []*graph.Node) []*graph.Node {
	return []*graph.Node{pali3.Loss(s, tiny, pali3.Inputs{Images: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]})}
}

func TestGradient(t *testing.T) {
	modeltest.Gradient(t, initial(t, tiny), loss, batch()...)
}

// TestGradient_EqualsTheDerivedOne compares the gradients written out in package block with those
// that GoMLX derives from single ops.
func TestGradient_EqualsTheDerivedOne(t *testing.T) {
	set, in := initial(t, tiny), batch()
	own := modeltest.Gradients(t, set, loss, in...)
	t.Setenv(graph.FusionEnv, "0")
	derived := modeltest.Gradients(t, set, loss, in...)
	for i, spec := range set.Specs() {
		a, b := tensors.MustCopyFlatData[float32](own[i]), tensors.MustCopyFlatData[float32](derived[i])
		for j := range a {
			if math.Abs(float64(a[j]-b[j])) > 1e-4*(math.Abs(float64(b[j]))+0.1) {
				t.Errorf("%s: element %d is %g, derived %g", spec.Name, j, a[j], b[j])
				break
			}
		}
	}
}

func TestLoss_TrainingDoesNotHang(t *testing.T) {
	losses := modeltest.Train(t, initial(t, tiny), 100, 3e-3, loss, batch()...)
	if last := losses[99]; !(last < losses[0]/2) {
		t.Errorf("the loss went from %g to %g in 100 steps", losses[0], last)
	}
}

// TestEncode_AcceptsVisualTokens gives the image encoder's tokens instead of the images.
func TestEncode_AcceptsVisualTokens(t *testing.T) {
	set, in := initial(t, tiny), batch()
	want := modeltest.Flat(t, set, loss, in...)
	tokens := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{pali3.VisualTokens(s, tiny, in[0])}
	}, in[0])
	got := modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{pali3.Loss(s, tiny, pali3.Inputs{Tokens: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]})}
	}, append(tokens, in[1:]...)...)
	if got[0] != want[0] {
		t.Errorf("loss %g with tokens, %g with images", got[0], want[0])
	}
}

// TestLoss_IgnoresPadding changes what stands under padding, in a prompt and in a masked image.
func TestLoss_IgnoresPadding(t *testing.T) {
	set, in := initial(t, tiny), batch()
	mask := tensors.FromFlatDataAndDimensions([]float32{1, 0, 1, 1}, 2, 2)
	encode := func(images *tensors.Tensor) []float32 {
		return modeltest.Flat(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			logits := pali3.Loss(s, tiny, pali3.Inputs{Images: in[0], ImageMask: in[1], Encoder: in[2], Decoder: in[3], Targets: in[4]})
			return []*graph.Node{logits}
		}, images, mask, in[1], in[2], in[3])
	}
	want := encode(in[0])
	pixels := tensors.MustCopyFlatData[float32](in[0])
	for i := 4 * 4 * 3; i < 2*4*4*3; i++ { // the second image of the first sample, masked
		pixels[i] = 9
	}
	if got := encode(tensors.FromFlatDataAndDimensions(pixels, 2, 2, 4, 4, 3)); !slices.Equal(got, want) {
		t.Errorf("a masked image changed the loss from %v to %v", want, got)
	}
	pixels[0] = 9 // the first image is seen
	if got := encode(tensors.FromFlatDataAndDimensions(pixels, 2, 2, 4, 4, 3)); slices.Equal(got, want) {
		t.Error("an image that is not masked did not change the loss")
	}
}

func TestLoss_RepeatsBitForBit(t *testing.T) {
	a := modeltest.Train(t, initial(t, tiny), 5, 3e-3, loss, batch()...)
	b := modeltest.Train(t, initial(t, tiny), 5, 3e-3, loss, batch()...)
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			t.Errorf("step %d: loss %g, then %g", i, a[i], b[i])
		}
	}
}

func TestSpecs_Parameters(t *testing.T) {
	c, err := pali3.Variant("pali3-5b")
	if err != nil {
		t.Fatal(err)
	}
	specs, err := pali3.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	// ViT-G/14 trunk, projection, UL2 body, and two tables of 250,112 by 2,048.
	if got, want := weights.Parameters(specs), 1_842_772_352+3_409_920+2_718_160_896+2*250_112*2048; got != want {
		t.Errorf("%d parameters, want %d", got, want)
	}
}
