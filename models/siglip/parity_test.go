package siglip_test

import (
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/internal/modeltest"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// TestModels_EqualTheirReference loads models of transformers and of big_vision, which
// parity/models_siglip.py made, and compares every hidden state, the embeddings, logits and loss,
// and the gradients of the loss with respect to all weights.
func TestModels_EqualTheirReference(t *testing.T) {
	tower := vit.Config{Width: 12, Depth: 3, MLP: 17, Heads: 3, Patch: 3, Image: vit.Side(11), DropRest: true}
	naflex := siglip.Config{
		Image: vit.Config{Width: 12, Depth: 2, MLP: 18, Heads: 2, Patch: 3, Image: vit.Side(12), NaFlex: 4},
		Text:  siglip.Text{Width: 12, Depth: 2, MLP: 14, Heads: 3, Vocab: 29, Length: 6},
	}
	small := siglip.Config{
		Image: vit.Config{Width: 8, Depth: 1, MLP: 9, Heads: 2, Patch: 2, Image: vit.Side(4)},
		Text:  siglip.Text{Width: 8, Depth: 1, MLP: 10, Heads: 4, Vocab: 23, Length: 6},
	}
	with := func(c siglip.Config, change func(*siglip.Config)) siglip.Config {
		change(&c)
		return c
	}
	for _, c := range []struct {
		name, weights string
		config        siglip.Config
	}{
		{"towers", "towers", siglip.Config{Image: tower, Text: siglip.Text{Width: 10, Depth: 2, MLP: 21, Heads: 2, Vocab: 37, Length: 9}}},
		{"interpolated", "interpolated", siglip.Config{
			Image: vit.Config{Width: 8, Depth: 1, MLP: 11, Heads: 2, Patch: 2, Image: vit.Size{Height: 6, Width: 14}, Resize: "bicubic"},
			Text:  siglip.Text{Width: 8, Depth: 1, MLP: 9, Heads: 4, Vocab: 19, Length: 5},
		}},
		{"naflex", "naflex", naflex},
		{"naflex-long", "naflex", naflex},
		{"projected", "projected", with(small, func(c *siglip.Config) { c.Projection = 7 })},
		{"headless", "headless", with(small, func(c *siglip.Config) { c.Text.Head = "none" })},
		{"softmax", "softmax", with(small, func(c *siglip.Config) { c.Projection, c.Objective = 5, "softmax" })},
		{"projected, block by block", "projected", with(small, func(c *siglip.Config) { c.Projection, c.LossBlock = 7, 3 })},
	} {
		t.Run(c.name, func(t *testing.T) {
			name, _, _ := strings.Cut(c.name, ",")
			compare(t, modeltest.OpenGolden(t, "testdata/"+name+"-outputs.safetensors"), "testdata/"+c.weights+".safetensors", c.config)
		})
	}
}

// compare compares all results that the golden has.
func compare(t *testing.T, golden modeltest.Golden, file string, c siglip.Config) {
	specs, err := siglip.Specs(modeltest.Backend(t), c)
	if err != nil {
		t.Fatal(err)
	}
	f, err := weights.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	set, report, err := weights.LoadFile(f, specs, nil)
	if err != nil || len(report.Unexpected) > 0 {
		t.Fatal(report, err)
	}
	inputs := []*tensors.Tensor{golden.Floats("input.pixel_values"), golden.Ints("input.input_ids")}
	if c.Image.NaFlex > 0 {
		inputs = append(inputs, golden.Ints("input.spatial_shapes"), golden.Floats("input.pixel_attention_mask"))
	}
	images := func(s *weights.Scope, in []*graph.Node) *graph.Node {
		if c.Image.NaFlex > 0 {
			return siglip.EmbedPatches(s, c, in[0], in[2], in[3])
		}
		return siglip.EmbedImages(s, c, in[0])
	}
	var names []string
	results := modeltest.Outputs(t, set, func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		s.Record()
		a, b := images(s, in), siglip.EmbedTexts(s, c, in[1])
		all := append(s.Noted(), weights.Noted{Name: "image_embeds", Node: a}, weights.Noted{Name: "text_embeds", Node: b},
			weights.Noted{Name: "logits_per_image", Node: siglip.Logits(s, c, a, b)})
		names = nil
		var nodes []*graph.Node
		for _, n := range all {
			names, nodes = append(names, n.Name), append(nodes, graph.Identity(n.Node))
		}
		return nodes
	}, inputs...)
	compared, worst := 0, 0.0
	for i, name := range names {
		if golden.Has(name) {
			worst = max(worst, golden.Close(name, results[i], 1e-5))
			compared++
		}
	}
	loss := func(s *weights.Scope, in []*graph.Node) []*graph.Node {
		return []*graph.Node{siglip.LossOfEmbeddings(s, c, images(s, in), siglip.EmbedTexts(s, c, in[1]))}
	}
	golden.Close("loss", modeltest.Outputs(t, set, loss, inputs...)[0], 1e-6)
	gradients := modeltest.Gradients(t, set, loss, inputs...)
	for i, spec := range specs {
		name := "gradient." + spec.Name
		if c.Image.Resize == "bicubic" && strings.Contains(spec.Name, "vision_model.embeddings.position") {
			continue // ours is that of the resized table
		}
		worst = max(worst, golden.Close(name, modeltest.InFileOrder(spec, gradients[i]), 1e-5))
		compared++
	}
	t.Logf("%d tensors compared, largest relative difference %.1e", compared, worst)
}
