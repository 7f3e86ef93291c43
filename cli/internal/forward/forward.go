// Package forward runs a model once on tensors at hand and returns what it says and all that it
// computes on its way, by name: for comparing it with the same model in any other framework, and
// for looking inside.
//
// Inputs go by these names; a model computes what those that are given allow:
//
//	siglip  images [B, H, W, 3], input_ids [C, L]
//	ul2     input_ids [B, Le], decoder_input_ids [B, Ld], targets [B, Ld], weights [B, Ld]
//	pali3   the same, and images [B, N, H, W, 3] or [B, H, W, 3], image_mask [B, N]
//
// Images are float32 in [-1, 1]. Outputs of siglip are image_embeds, text_embeds, logits_per_image
// [B, C] and, where C is a multiple of B, loss; those of the others logits [B, Ld, V] and, where
// targets are given, loss. Hidden states have the names of the weights that make them:
// "vision_model.encoder.layers.0" is a block's output, "vision_model.post_layernorm" the visual
// tokens, "encoder.final_layer_norm" what the decoder attends to.
package forward

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// Model is one of three, the others nil.
type Model struct {
	SigLIP *siglip.Config
	UL2    *t5.Config
	PaLI3  *pali3.Config
}

// Output is a named result or hidden state.
type Output struct {
	Name   string
	Tensor *tensors.Tensor // float32
}

// Run computes all that the inputs allow, in the order of computation. An input that the model does
// not know, one that is missing beside another, and shapes that do not fit are errors.
func Run(be compute.Backend, m Model, set *weights.Set, inputs map[string]*tensors.Tensor) ([]Output, error) {
	if err := m.check(inputs); err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Keys(inputs))
	var outputs []weights.Noted
	exec, err := graph.NewExec(be, func(all []*graph.Node) []*graph.Node {
		in := map[string]*graph.Node{}
		for i, name := range names {
			in[name] = all[i]
		}
		scope := weights.Bind(set.Specs(), all[len(names):])
		scope.Record()
		results := m.build(scope, in)
		outputs = append(scope.Noted(), results...)
		var nodes []*graph.Node
		for _, o := range outputs {
			nodes = append(nodes, o.Node)
		}
		return nodes
	})
	if err != nil {
		return nil, err
	}
	var args []any
	for _, name := range names {
		args = append(args, inputs[name])
	}
	for _, w := range set.Tensors() {
		args = append(args, w)
	}
	computed, err := exec.Call(args...)
	if err != nil {
		return nil, fmt.Errorf("running the model: %w", err)
	}
	found := make([]Output, len(computed))
	for i, t := range computed {
		found[i] = Output{outputs[i].Name, t}
	}
	return found, nil
}

// takes lists the inputs of a model, each with the one that it needs.
func (m Model) takes() map[string]string {
	switch {
	case m.SigLIP != nil:
		return map[string]string{"images": "", "input_ids": ""}
	case m.UL2 != nil:
		return map[string]string{"input_ids": "", "decoder_input_ids": "input_ids", "targets": "decoder_input_ids", "weights": "targets"}
	}
	return map[string]string{
		"images": "", "image_mask": "images", "input_ids": "", "decoder_input_ids": "input_ids",
		"targets": "decoder_input_ids", "weights": "targets",
	}
}

func (m Model) check(inputs map[string]*tensors.Tensor) error {
	takes := m.takes()
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		needs, known := takes[name]
		if !known {
			return fmt.Errorf("the model has no input %q; it takes %s", name, strings.Join(slices.Sorted(maps.Keys(takes)), ", "))
		}
		if needs != "" && inputs[needs] == nil {
			return fmt.Errorf("the input %q needs the input %q", name, needs)
		}
		if name == "images" {
			if err := m.checkImages(inputs[name]); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{"input_ids", "decoder_input_ids", "targets"} {
		if err := checkIDs(inputs[name], m.vocabulary()); err != nil {
			return fmt.Errorf("the input %q: %w", name, err)
		}
	}
	if len(inputs) == 0 {
		return fmt.Errorf("no inputs; the model takes %s", strings.Join(slices.Sorted(maps.Keys(takes)), ", "))
	}
	return nil
}

func (m Model) checkImages(images *tensors.Tensor) error {
	side := 0
	if m.SigLIP != nil {
		side = m.SigLIP.Image.Image
	} else {
		side = m.PaLI3.Vision.Image
	}
	d := images.Shape().Dimensions
	ranks := len(d) == 4 || len(d) == 5 && m.PaLI3 != nil
	if images.DType() != dtypes.Float32 || !ranks || !slices.Equal(d[len(d)-3:], []int{side, side, 3}) {
		return fmt.Errorf("the input \"images\" is %s, want float32 [B, %d, %d, 3]", images.Shape(), side, side)
	}
	return nil
}

func (m Model) vocabulary() int {
	switch {
	case m.SigLIP != nil:
		return m.SigLIP.Text.Vocab
	case m.UL2 != nil:
		return m.UL2.Vocab
	}
	return m.PaLI3.Language.Vocab
}

// checkIDs looks for ids that the vocabulary has not.
func checkIDs(ids *tensors.Tensor, vocabulary int) error {
	if ids == nil {
		return nil
	}
	if ids.DType() != dtypes.Int32 || ids.Rank() != 2 {
		return fmt.Errorf("it is %s, want integers [B, L]", ids.Shape())
	}
	values, err := tensors.CopyFlatData[int32](ids)
	if err != nil {
		return err
	}
	for i, id := range values {
		if id < 0 || int(id) >= vocabulary {
			return fmt.Errorf("its element %d is the id %d, the vocabulary has %d", i, id, vocabulary)
		}
	}
	return nil
}

func (m Model) build(s *weights.Scope, in map[string]*graph.Node) []weights.Noted {
	switch {
	case m.SigLIP != nil:
		return towers(s, *m.SigLIP, in)
	case m.UL2 != nil:
		if in["input_ids"] == nil {
			return nil
		}
		mask := block.NotPadding(in["input_ids"])
		encoded := t5.Encode(s, *m.UL2, t5.Embed(s, *m.UL2, in["input_ids"]), mask)
		return answers(s, *m.UL2, encoded, mask, in)
	}
	images := in["images"]
	if images != nil && images.Rank() == 4 {
		images = graph.InsertAxes(images, 1)
	}
	if in["input_ids"] == nil {
		pali3.VisualTokens(s, *m.PaLI3, images)
		return nil
	}
	encoded, mask := pali3.Encode(s, *m.PaLI3, pali3.Inputs{Images: images, ImageMask: in["image_mask"], Encoder: in["input_ids"]})
	return answers(s, m.PaLI3.Language, encoded, mask, in)
}

// towers embeds images and texts, and compares them where both are given.
func towers(s *weights.Scope, c siglip.Config, in map[string]*graph.Node) (results []weights.Noted) {
	var images, texts *graph.Node
	if in["images"] != nil {
		images = siglip.EmbedImages(s, c, in["images"])
		results = append(results, weights.Noted{Name: "image_embeds", Node: images})
	}
	if in["input_ids"] != nil {
		texts = siglip.EmbedTexts(s, c, in["input_ids"])
		results = append(results, weights.Noted{Name: "text_embeds", Node: texts})
	}
	if images == nil || texts == nil {
		return results
	}
	logits := siglip.Logits(s, c, images, texts)
	results = append(results, weights.Noted{Name: "logits_per_image", Node: logits})
	if d := logits.Shape().Dimensions; d[1]%d[0] == 0 {
		results = append(results, weights.Noted{Name: "loss", Node: siglip.SigmoidLoss(logits)})
	}
	return results
}

// answers runs the decoder where its inputs are given.
func answers(s *weights.Scope, c t5.Config, encoded, mask *graph.Node, in map[string]*graph.Node) (results []weights.Noted) {
	if in["decoder_input_ids"] == nil {
		return nil
	}
	logits := t5.Logits(s, c, t5.Decode(s, c, encoded, mask, in["decoder_input_ids"]))
	results = append(results, weights.Noted{Name: "logits", Node: logits})
	if in["targets"] != nil {
		results = append(results, weights.Noted{Name: "loss", Node: t5.CrossEntropy(c, logits, in["targets"], in["weights"])})
	}
	return results
}
