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

// TestEmbed_EqualsBigVision loads checkpoints of big_vision's own two towers, in the layouts that
// it used over the years, and compares what they compute (parity/big_vision_weights.py).
func TestEmbed_EqualsBigVision(t *testing.T) {
	config := tiny
	config.Image.Image = vit.Side(6)
	specs, err := siglip.Specs(modeltest.Backend(t), config)
	if err != nil {
		t.Fatal(err)
	}
	golden := modeltest.OpenGolden(t, "testdata/big_vision-outputs.safetensors")
	var first *weights.Set
	for _, name := range []string{"big_vision", "big_vision-scanned", "big_vision-old", "big_vision-bf16"} {
		t.Run(name, func(t *testing.T) {
			file, err := weights.OpenFile("testdata/" + name + ".npz")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			set, report, err := weights.LoadFile(file, specs, weights.BigVision)
			if err != nil || len(report.Unexpected) > 0 {
				t.Fatal(report, err)
			}
			if name == "big_vision" {
				first = set
			}
			if name == "big_vision-bf16" {
				near(t, set, first, 1.0/256)
				return
			}
			out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
				encoded := vit.Encode(s.In("vision_model"), config.Image, in[0]).Encoded
				images, texts := siglip.EmbedImages(s, config, in[0]), siglip.EmbedTexts(s, config, in[1])
				return []*graph.Node{encoded, images, texts, siglip.Logits(s, config, images, texts)}
			}, golden.Floats("images"), golden.Ints("texts"))
			for i, name := range []string{"encoded", "image_embeds", "text_embeds", "logits"} {
				golden.Near(name, out[i], 1e-5)
			}
		})
	}
}

// near fails the test unless the weights of two sets are near each other, relative to themselves.
func near(t *testing.T, got, want *weights.Set, within float64) {
	t.Helper()
	for i, spec := range got.Specs() {
		a, b := tensors.MustCopyFlatData[float32](got.Tensors()[i]), tensors.MustCopyFlatData[float32](want.Tensors()[i])
		for j := range a {
			if difference := math.Abs(float64(a[j] - b[j])); difference > within*math.Abs(float64(b[j])) {
				t.Errorf("%s: element %d is %g, want %g", spec.Name, j, a[j], b[j])
				break
			}
		}
	}
}
