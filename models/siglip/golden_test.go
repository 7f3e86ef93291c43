package siglip_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestEmbed_EqualsTransformers loads a SiglipModel of transformers and compares what it computes,
// and the gradients of its loss. parity/models.py made testdata/.
func TestEmbed_EqualsTransformers(t *testing.T) {
	specs, err := siglip.Specs(modeltest.Backend(t), tiny)
	if err != nil {
		t.Fatal(err)
	}
	set, err := weights.Load("testdata/tiny.safetensors", specs)
	if err != nil {
		t.Fatal(err)
	}
	golden := modeltest.OpenGolden(t, "testdata/tiny-outputs.safetensors")
	differentiated := []string{
		"vision_model.embeddings.patch_embedding.weight", "vision_model.head.probe", "vision_model.encoder.layers.0.mlp.fc1.weight",
		"text_model.embeddings.token_embedding.weight", "logit_scale",
	}
	out := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		encoded := vit.Encode(s.In("vision_model"), tiny.Image, in[0]).Encoded
		images, texts := siglip.EmbedImages(s, tiny, in[0]), siglip.EmbedTexts(s, tiny, in[1])
		loss := siglip.Loss(s, tiny, in[0], in[1])
		var nodes []*graph.Node
		for _, name := range differentiated {
			nodes = append(nodes, s.Node(name))
		}
		outputs := append([]*graph.Node{encoded, images, texts, siglip.Logits(s, tiny, images, texts), loss}, graph.Gradient(loss, nodes...)...)
		return append(outputs, graph.AddScalar(loss, 0))
	}, golden.Floats("images"), golden.Ints("texts"))
	for i, name := range []string{"encoded", "image_embeds", "text_embeds", "logits", "loss"} {
		golden.Near(name, out[i], 2e-5)
	}
	for i, name := range differentiated {
		for _, spec := range specs {
			if spec.Name == name {
				golden.Near("gradient."+name, inFileOrder(spec, out[5+i]), 2e-4)
			}
		}
	}
}

func inFileOrder(spec weights.Spec, x *tensors.Tensor) *tensors.Tensor {
	stored := spec.Layout.ToFile(tensors.MustCopyFlatData[float32](x), spec.Shape)
	return tensors.FromFlatDataAndDimensions(stored, spec.Layout.FileShape(spec.Shape)...)
}
