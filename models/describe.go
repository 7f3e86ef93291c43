package models

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Description gives the size of a model without building its weights.
type Description struct {
	Model      string `json:"model"`
	Parameters int    `json:"parameters"`
	// WeightBytes is the memory of the weights in float32. TrainingBytes adds gradients and Adam's
	// two moments, but no activations.
	WeightBytes   int64 `json:"weight_bytes"`
	TrainingBytes int64 `json:"training_bytes"`
	// ForwardFLOPs is the number of floating-point operations in the matrix products of one sample;
	// a multiplication and an addition count as two.
	ForwardFLOPs int64    `json:"forward_flops"`
	Parts        []Part   `json:"parts"`
	Weights      []Weight `json:"weights"`
}

// Part is a part of a model, named by the prefix of its weights, and its share of the size.
type Part struct {
	Name         string `json:"name"`
	Parameters   int    `json:"parameters"`
	ForwardFLOPs int64  `json:"forward_flops"`
	// Tokens is the sequence length that ForwardFLOPs assumes.
	Tokens int `json:"tokens"`
}

// Weight is a weight and its shape in a file.
type Weight struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

// Describe describes a published model by name:
//
//   - "pali3-5b";
//   - "siglip-" and an image encoder, as in "siglip-G/14", "siglip-So400m/14";
//   - a language model: "ul2-3b", "ul2-20b", "t5-1.1-xl", "mt5-xl".
//
// FLOPs are for images of 224 pixels and texts of 64 ids.
func Describe(name string) (Description, error) {
	if encoder, ok := strings.CutPrefix(name, "siglip-"); ok {
		c, err := siglip.Variant(encoder)
		if err != nil {
			return Description{}, err
		}
		return DescribeSigLIP(name, c)
	}
	if name == "pali3-5b" {
		c, err := pali3.Variant(name)
		if err != nil {
			return Description{}, err
		}
		return DescribePaLI(name, c, 64, 64)
	}
	c, err := t5.Variant(name)
	if err != nil {
		return Description{}, fmt.Errorf("model %q is neither pali3-5b, siglip-VARIANT/PATCH, ul2-3b, ul2-20b, t5-1.1-xl nor mt5-xl", name)
	}
	return DescribeUL2(name, c, 64, 64)
}

// DescribeSigLIP describes a pair of towers.
func DescribeSigLIP(name string, c siglip.Config) (Description, error) {
	be, err := backend.Open("")
	if err != nil {
		return Description{}, err
	}
	specs, err := siglip.Specs(be, c)
	if err != nil {
		return Description{}, err
	}
	w, tokens := c.Image.Width, c.Image.Tokens()
	text := transformer(c.Text.Depth, c.Text.Width, c.Text.MLP, c.Text.Length) + product(1, c.Text.Width, w)
	head := product(1, w, w) + product(tokens, w, 2*w) + scores(1, tokens, w) + product(1, w, w) + 2*product(1, w, c.Image.MLP)
	return describe(name, specs, []Part{
		{Name: "vision_model.head", ForwardFLOPs: head, Tokens: tokens},
		{Name: "vision_model", ForwardFLOPs: encoderFLOPs(c.Image), Tokens: tokens},
		{Name: "text_model", ForwardFLOPs: text, Tokens: c.Text.Length},
		{Name: "logit_scale"}, {Name: "logit_bias"},
	}), nil
}

// DescribeUL2 describes a language model for an input and an output of the given lengths in ids.
func DescribeUL2(name string, c t5.Config, read, written int) (Description, error) {
	be, err := backend.Open("")
	if err != nil {
		return Description{}, err
	}
	specs, err := t5.Specs(be, c)
	if err != nil {
		return Description{}, err
	}
	return describe(name, specs, languageParts(c, read, written)), nil
}

// DescribePaLI describes the whole model for one image, a prompt and an answer of the given lengths
// in ids.
func DescribePaLI(name string, c pali3.Config, prompt, answer int) (Description, error) {
	be, err := backend.Open("")
	if err != nil {
		return Description{}, err
	}
	specs, err := pali3.Specs(be, c)
	if err != nil {
		return Description{}, err
	}
	tokens := c.Vision.Tokens()
	return describe(name, specs, append([]Part{
		{Name: "vision_model", ForwardFLOPs: encoderFLOPs(c.Vision), Tokens: tokens},
		{Name: "multi_modal_projector", ForwardFLOPs: product(tokens, c.Vision.Width, c.Language.Width), Tokens: tokens},
	}, languageParts(c.Language, tokens+prompt, answer)...)), nil
}

func languageParts(c t5.Config, read, written int) []Part {
	inner := c.Heads * c.HeadDim
	self := func(length int) int64 { return 4*product(length, c.Width, inner) + scores(length, length, inner) }
	cross := 2*product(written, c.Width, inner) + 2*product(read, c.Width, inner) + scores(written, read, inner)
	mlp := func(length int) int64 { return 3 * product(length, c.Width, c.MLP) }
	return []Part{
		{Name: "shared", Tokens: read},
		{Name: "encoder", ForwardFLOPs: int64(c.EncoderLayers) * (self(read) + mlp(read)), Tokens: read},
		{Name: "decoder", ForwardFLOPs: int64(c.DecoderLayers) * (self(written) + cross + mlp(written)), Tokens: written},
		{Name: "lm_head", ForwardFLOPs: product(written, c.Width, c.Vocab), Tokens: written},
	}
}

// encoderFLOPs is the cost of an image encoder without its head.
func encoderFLOPs(c vit.Config) int64 {
	return product(c.Tokens(), c.Patch*c.Patch*3, c.Width) + transformer(c.Depth, c.Width, c.MLP, c.Tokens())
}

// transformer is the cost of blocks of self-attention and a two-layer perceptron.
func transformer(depth, width, mlp, length int) int64 {
	return int64(depth) * (4*product(length, width, width) + scores(length, length, width) + 2*product(length, width, mlp))
}

// product is the cost of [rows, in] times [in, out].
func product(rows, in, out int) int64 { return 2 * int64(rows) * int64(in) * int64(out) }

// scores is the cost of queries times keys and of probabilities times values, over all heads.
func scores(queries, keys, width int) int64 { return 2 * product(queries, width, keys) }

// describe adds up the weights by part. A weight belongs to the first part whose name is a prefix
// of its own.
func describe(name string, specs []weights.Spec, parts []Part) Description {
	d := Description{Model: name, Parts: parts}
	for _, s := range specs {
		i := slices.IndexFunc(parts, func(p Part) bool { return s.Name == p.Name || strings.HasPrefix(s.Name, p.Name+".") })
		parts[i].Parameters += s.Size()
		d.Parameters += s.Size()
		d.Weights = append(d.Weights, Weight{s.Name, s.Layout.FileShape(s.Shape)})
	}
	for _, p := range parts {
		d.ForwardFLOPs += p.ForwardFLOPs
	}
	d.WeightBytes = 4 * int64(d.Parameters)
	d.TrainingBytes = 4 * d.WeightBytes
	return d
}
