package t5_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// TestLogits_EqualTransformers loads T5 models of transformers, of each kind in use, and compares
// the encoder's output and the logits. parity/models.py made testdata/.
func TestLogits_EqualTransformers(t *testing.T) {
	for name, c := range map[string]t5.Config{
		"gated-silu": {},
		"gated-gelu": {Activation: block.GatedGELU},
		"tied":       {Activation: block.GatedGELU, Tied: true},
	} {
		t.Run(name, func(t *testing.T) {
			c.Width, c.HeadDim, c.MLP, c.Heads, c.Vocab = 12, 5, 20, 2, 23
			c.EncoderLayers, c.DecoderLayers, c.Buckets, c.MaxDistance = 2, 2, 8, 12
			specs, err := t5.Specs(modeltest.Backend(t), c)
			if err != nil {
				t.Fatal(err)
			}
			set, err := weights.Load("testdata/"+name+".safetensors", specs)
			if err != nil {
				t.Fatal(err)
			}
			golden := modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors")
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				mask := block.NotPadding(in[0])
				encoded := t5.Encode(s, c, t5.Embed(s, c, in[0]), mask)
				return []*graph.Node{encoded, t5.Logits(s, c, t5.Decode(s, c, encoded, mask, in[1]))}
			}, golden.Ints("ids"), golden.Ints("decoder"))
			golden.Near("encoded", out[0], 2e-5)
			golden.Near("logits", out[1], 1e-4)
		})
	}
}
