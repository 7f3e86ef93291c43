// Package forward runs a model once on tensors at hand and returns what it says and all that it
// computes on its way, by name: for comparing it with the same model in any other framework, and
// for looking inside.
//
// A model lists its inputs (family.Model.Inputs) and computes what those that are given allow.
// Those of the built-in families are:
//
//	siglip  images [B, H, W, 3], input_ids [C, L]; NaFlex: patches [B, T, p·p·3] with grids [B, 2]
//	t5      input_ids [B, Le], decoder_input_ids [B, Ld], targets [B, Ld], weights [B, Ld]
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
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Output is a named result or hidden state.
type Output struct {
	Name   string
	Tensor *tensors.Tensor // float32
}

// Run computes all that the inputs allow, in the order of computation. An input that the model does
// not know, one that is missing beside another, and shapes that do not fit are errors.
func Run(be compute.Backend, m family.Model, set *weights.Set, inputs map[string]*tensors.Tensor) ([]Output, error) {
	if err := check(m, inputs); err != nil {
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
		results := m.Outputs(scope, in)
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

// check returns an error for inputs that the model does not take.
func check(m family.Model, inputs map[string]*tensors.Tensor) error {
	takes := map[string]family.Input{}
	for _, in := range m.Inputs() {
		takes[in.Name] = in
	}
	legal := strings.Join(slices.Sorted(maps.Keys(takes)), ", ")
	if len(inputs) == 0 {
		return fmt.Errorf("no inputs; the model takes %s", legal)
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		in, known := takes[name]
		if !known {
			return fmt.Errorf("the model has no input %q; it takes %s", name, legal)
		}
		if in.Needs != "" && inputs[in.Needs] == nil {
			return fmt.Errorf("the input %q needs the input %q", name, in.Needs)
		}
		if !fits(in, inputs[name]) {
			return fmt.Errorf("the input %q is %s, want %s", name, inputs[name].Shape(), shapesOf(in))
		}
		if in.Vocabulary == 0 {
			continue
		}
		if err := checkIDs(inputs[name], in.Vocabulary); err != nil {
			return fmt.Errorf("the input %q: %w", name, err)
		}
	}
	return nil
}

// fits reports whether a tensor has the type and one of the shapes of an input.
func fits(in family.Input, t *tensors.Tensor) bool {
	return t.DType() == in.DType && slices.ContainsFunc(in.Shapes, func(shape []int) bool {
		return slices.EqualFunc(shape, t.Shape().Dimensions, func(want, have int) bool { return want == 0 || want == have })
	})
}

// shapesOf returns words for the type and the shapes of an input: "float32 [any, 224, 224, 3]".
func shapesOf(in family.Input) string {
	shapes := make([]string, len(in.Shapes))
	for i, shape := range in.Shapes {
		sizes := make([]string, len(shape))
		for j, d := range shape {
			if sizes[j] = fmt.Sprint(d); d == 0 {
				sizes[j] = "any"
			}
		}
		shapes[i] = "[" + strings.Join(sizes, ", ") + "]"
	}
	return strings.ToLower(in.DType.String()) + " " + strings.Join(shapes, " or ")
}

// checkIDs looks for ids that the vocabulary has not.
func checkIDs(ids *tensors.Tensor, vocabulary int) error {
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
