package pali3_test

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// small is a model that learns on a laptop: 16 visual tokens, 3.3 million parameters.
var small = pali3.Config{
	Vision: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 16, Image: vit.Side(64)},
	Language: t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3, Vocab: 4352,
		ZLoss: 1e-4},
}

// BenchmarkStep times a training step (loss, gradients and Adam of all weights) with 16 text and 24
// target ids, from pixels and from the image encoder's tokens, and reports milliseconds a step.
func BenchmarkStep(b *testing.B) {
	for _, batch := range []int{60, 66} {
		ids := func(name string, length int) *tensors.Tensor {
			return modeltest.IDs(name, small.Language.Vocab, batch, length)
		}
		texts := []*tensors.Tensor{ids("prompt", 16), ids("decoder", 24), ids("targets", 24)}
		b.Run(fmt.Sprintf("pixels/batch=%d", batch), func(b *testing.B) {
			images := modeltest.Floats("images", batch, 1, 64, 64, 3)
			modeltest.NewStep(b, initial(b, small), 1e-3, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				return []*graph.Node{pali3.Loss(s, small, pali3.Inputs{Images: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]})}
			}, append([]*tensors.Tensor{images}, texts...)...).Time(b)
		})
		b.Run(fmt.Sprintf("tokens/batch=%d", batch), func(b *testing.B) {
			tokens := modeltest.Floats("tokens", batch, 16, 128)
			set := language(b)
			modeltest.NewStep(b, set, 1e-3, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				return []*graph.Node{pali3.Loss(s, small, pali3.Inputs{Tokens: in[0], Encoder: in[1], Decoder: in[2], Targets: in[3]})}
			}, append([]*tensors.Tensor{tokens}, texts...)...).Time(b)
		})
	}
}

// language returns the weights of the small model without the image encoder.
func language(b *testing.B) *weights.Set {
	all := initial(b, small)
	vision, err := weights.Frozen(all.Specs(), []string{"vision_model"})
	if err != nil {
		b.Fatal(err)
	}
	var specs []weights.Spec
	var values []*tensors.Tensor
	for i, s := range all.Specs() {
		if !vision[i] {
			specs, values = append(specs, s), append(values, all.Tensors()[i])
		}
	}
	set, err := weights.NewSet(specs, values)
	if err != nil {
		b.Fatal(err)
	}
	return set
}
