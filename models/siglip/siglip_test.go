package siglip_test

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var tiny = siglip.Config{
	Image: vit.Config{Width: 12, Depth: 2, MLP: 16, Heads: 2, Patch: 2, Image: vit.Side(4)},
	Text:  siglip.Text{Width: 16, Depth: 2, MLP: 20, Heads: 4, Vocab: 23, Length: 7},
}

func initial(t *testing.T) *weights.Set {
	t.Helper()
	specs, err := siglip.Specs(modeltest.Backend(t), tiny)
	if err != nil {
		t.Fatal(err)
	}
	return weights.Initial(specs, 1)
}

func loss(s *weights.Scope, in []*graph.Node) []*graph.Node {
	return []*graph.Node{siglip.Loss(s, tiny, in[0], in[1])}
}

func batch() []*tensors.Tensor {
	return []*tensors.Tensor{modeltest.Floats("images", 5, 4, 4, 3), modeltest.IDs("texts", 23, 5, 6)}
}

// TestSigmoidLoss compares with the formula in float64, for logits small and very large, and for
// one and several texts an image.
func TestSigmoidLoss(t *testing.T) {
	for _, c := range []struct {
		scale float32
		each  int
	}{{1, 1}, {30, 1}, {1000, 1}, {5, 3}} {
		const images = 6
		scale, n := c.scale, images*c.each
		logits := modeltest.Floats("logits", images, n)
		values := tensors.MustCopyFlatData[float32](logits)
		want := 0.0
		for i := range values {
			values[i] *= scale
			z := -1.0
			if i/n == i%n/c.each {
				z = 1
			}
			want -= logSigmoid(z*float64(values[i])) / float64(n)
		}
		empty, _ := weights.NewSet(nil, nil)
		got := modeltest.Flat(t, empty, func(_ *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{siglip.SigmoidLoss(in[0])}
		}, tensors.FromFlatDataAndDimensions(values, images, n))[0]
		if math.Abs(float64(got)-want) > 1e-5*want {
			t.Errorf("scale %g: loss %g, want %g", scale, got, want)
		}
	}
}

func logSigmoid(x float64) float64 { return -math.Max(-x, 0) - math.Log1p(math.Exp(-math.Abs(x))) }

func TestEmbed_LengthIsOne(t *testing.T) {
	in := batch()
	for name, embed := range map[string]modeltest.Model{
		"images": func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{siglip.EmbedImages(s, tiny, in[0])}
		},
		"texts": func(s *weights.Scope, in []*graph.Node) []*graph.Node {
			return []*graph.Node{siglip.EmbedTexts(s, tiny, in[1])}
		},
	} {
		rows := modeltest.Flat(t, initial(t), embed, in...)
		for i := 0; i < len(rows); i += tiny.Image.Width {
			sum := 0.0
			for _, v := range rows[i : i+tiny.Image.Width] {
				sum += float64(v) * float64(v)
			}
			if math.Abs(sum-1) > 1e-5 {
				t.Errorf("%s: row %d has the squared length %g", name, i/tiny.Image.Width, sum)
			}
		}
	}
}

// TestEmbedImages_AcceptsBytes gives the same images as bytes and as numbers in [-1, 1].
func TestEmbedImages_AcceptsBytes(t *testing.T) {
	bytes, floats := make([]uint8, 2*4*4*3), make([]float32, 2*4*4*3)
	for i := range bytes {
		bytes[i] = uint8(i * 37)
		floats[i] = float32(bytes[i])/255*2 - 1
	}
	embed := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{siglip.EmbedImages(s, tiny, in[0])}
	}
	a := modeltest.Flat(t, initial(t), embed, tensors.FromFlatDataAndDimensions(bytes, 2, 4, 4, 3))
	b := modeltest.Flat(t, initial(t), embed, tensors.FromFlatDataAndDimensions(floats, 2, 4, 4, 3))
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-5 {
			t.Fatalf("element %d is %g from bytes, %g from numbers", i, a[i], b[i])
		}
	}
}

func TestGradient(t *testing.T) { modeltest.Gradient(t, initial(t), loss, batch()...) }

func TestLoss_LearnsThePairs(t *testing.T) {
	losses := modeltest.Train(t, initial(t), 100, 1e-2, loss, batch()...)
	if last := losses[99]; !(last < losses[0]/4) {
		t.Errorf("the loss went from %g to %g in 100 steps", losses[0], last)
	}
}

func TestSpecs_Parameters(t *testing.T) {
	c, err := siglip.Variant("G/14")
	if err != nil {
		t.Fatal(err)
	}
	specs, err := siglip.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	head, err := weights.Frozen(specs, []string{"vision_model.head"})
	if err != nil {
		t.Fatal(err)
	}
	image, err := weights.Frozen(specs, []string{"vision_model"})
	if err != nil {
		t.Fatal(err)
	}
	inHead, inImage := 0, 0
	for i, s := range specs {
		if head[i] {
			inHead += s.Size()
		}
		if image[i] {
			inImage += s.Size()
		}
	}
	if inHead != 38_360_064 || inImage-inHead != 1_842_772_352 {
		t.Errorf("MAP head %d and trunk %d parameters, want 38360064 and 1842772352", inHead, inImage-inHead)
	}
}
