package main

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// network is a model and the shape of its batches.
type network struct {
	specs   func(compute.Backend) ([]weights.Spec, error)
	loss    func(s *weights.Scope, b family.Batch) *Node
	forward func(s *weights.Scope, b family.Batch) *Node // what models do without training
	writer  family.Writer                                // nil if it writes no text
	shape   mixture.Shape                                // without rows
	vocab   int                                          // ids are below it
}

// networks returns the models by name.
func networks() map[string]network {
	return map[string]network{
		"pali": ofPali(pali3.Config{
			Vision: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 16, Image: vit.Side(64)},
			Language: t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3,
				Vocab: 2000, ZLoss: 1e-4},
		}, 16, 24),
		"captioner": ofPali(pali3.Config{
			Vision: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 15, Image: vit.Side(75)},
			Language: t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3,
				Vocab: 4224, ZLoss: 1e-4},
		}, 10, 16),
		"vit": ofClassifier(vit.Config{Width: 384, Depth: 12, MLP: 1536, Heads: 6, Patch: 16, Image: vit.Side(224), Pool: "gap"}, 1000),
		"ul2": ofT5(smallT5(block.GatedSiLU), 512, 114),
		"t5":  ofT5(smallT5(block.GatedGELU), 64, 32),
		"siglip": ofSiglip(siglip.Config{
			Image: vit.Config{Width: 384, Depth: 12, MLP: 1536, Heads: 6, Patch: 16, Image: vit.Side(224)},
			Text:  siglip.Text{Width: 384, Depth: 12, MLP: 1536, Heads: 6, Vocab: 32000, Length: 64},
		}),
		"siglip-small": ofSiglip(siglip.Config{
			Image: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 15, Image: vit.Side(60)},
			Text:  siglip.Text{Width: 128, Depth: 2, MLP: 512, Heads: 4, Vocab: 4224, Length: 14},
		}),
		// Its towers are nothing beside its loss.
		"siglip-wide": ofSiglip(siglip.Config{
			Image:      vit.Config{Width: 16, Depth: 1, MLP: 16, Heads: 1, Patch: 8, Image: vit.Side(8)},
			Text:       siglip.Text{Width: 16, Depth: 1, MLP: 16, Heads: 1, Vocab: 1000, Length: 2},
			Projection: 1152, LossBlock: 1024,
		}),
	}
}

// smallT5 is the shape of T5 1.1 small.
func smallT5(act block.Activation) t5.Config {
	return t5.Config{Width: 512, MLP: 1024, Heads: 6, HeadDim: 64, EncoderLayers: 8, DecoderLayers: 8, Vocab: 32128,
		Activation: act, ZLoss: 1e-4}
}

func ofPali(c pali3.Config, prompt, answer int) network {
	inputs := func(b family.Batch) pali3.Inputs {
		return pali3.Inputs{Images: b.Pixels, Encoder: b.Encoder, Decoder: b.Decoder, Targets: b.Targets, Weights: b.Weights}
	}
	return network{
		specs: c.Specs,
		loss:  func(s *weights.Scope, b family.Batch) *Node { return pali3.Loss(s, c, inputs(b)) },
		forward: func(s *weights.Scope, b family.Batch) *Node {
			encoded, mask := pali3.Encode(s, c, inputs(b))
			return t5.Logits(s, c.Language, t5.Decode(s, c.Language, encoded, mask, b.Decoder))
		},
		writer: &c, vocab: c.Language.Vocab,
		shape: mixture.Shape{Images: 1, Height: c.Vision.Image.Height, Width: c.Vision.Image.Width, Encoder: prompt, Decoder: answer},
	}
}

func ofT5(c t5.Config, prompt, answer int) network {
	m := &t5.Model{Config: c.WithDefaults()}
	return network{
		specs: m.Specs,
		loss: func(s *weights.Scope, b family.Batch) *Node {
			return t5.Loss(s, c, t5.Inputs{Encoder: b.Encoder, Decoder: b.Decoder, Targets: b.Targets, Weights: b.Weights})
		},
		forward: func(s *weights.Scope, b family.Batch) *Node {
			mask := block.NotPadding(b.Encoder)
			encoded := t5.Encode(s, c, t5.Embed(s, c, b.Encoder), mask)
			return t5.Logits(s, c, t5.Decode(s, c, encoded, mask, b.Decoder))
		},
		writer: m, vocab: c.Vocab,
		shape: mixture.Shape{Encoder: prompt, Decoder: answer},
	}
}

func ofSiglip(c siglip.Config) network {
	return network{
		specs: c.Specs,
		loss: func(s *weights.Scope, b family.Batch) *Node {
			return siglip.Loss(s, c, Squeeze(b.Pixels, 1), b.Encoder)
		},
		forward: func(s *weights.Scope, b family.Batch) *Node {
			return siglip.Logits(s, c, siglip.EmbedImages(s, c, Squeeze(b.Pixels, 1)), siglip.EmbedTexts(s, c, b.Encoder))
		},
		vocab: c.Text.Vocab,
		shape: mixture.Shape{Images: 1, Height: c.Image.Image.Height, Width: c.Image.Image.Width, Encoder: c.Text.Length},
	}
}

// ofClassifier is an image encoder with a linear classifier after pooling.
func ofClassifier(c vit.Config, classes int) network {
	forward := func(s *weights.Scope, images *Node) *Node {
		at := s.In("vision_model")
		pooled := vit.Pool(at, c, vit.Encode(at, c, images))
		return block.Dense(s.In("classifier"), pooled, classes, weights.FanInTruncated(c.Width), weights.Zeros())
	}
	return network{
		specs: func(be compute.Backend) ([]weights.Spec, error) {
			return weights.Collect(be, func(s *weights.Scope) {
				forward(s, s.Input(dtypes.Float32, 1, c.Image.Height, c.Image.Width, 3))
			})
		},
		loss: func(s *weights.Scope, b family.Batch) *Node {
			return ReduceAllMean(block.CrossEntropy(forward(s, Squeeze(b.Pixels, 1)), Squeeze(b.Targets, 1), 0, 0))
		},
		forward: func(s *weights.Scope, b family.Batch) *Node { return forward(s, Squeeze(b.Pixels, 1)) },
		vocab:   classes,
		shape:   mixture.Shape{Images: 1, Height: c.Image.Height, Width: c.Image.Width, Decoder: 1},
	}
}

// initial returns the weights before training. The answers of a model that writes text have no end:
// the logit of the end id is 0, and some other is always larger.
func (n network) initial(be compute.Backend) (*weights.Set, error) {
	specs, err := n.specs(be)
	if err != nil {
		return nil, err
	}
	set := weights.Initial(specs, 1)
	at := slices.IndexFunc(specs, func(s weights.Spec) bool { return s.Name == "lm_head.weight" })
	if n.writer == nil {
		return set, nil
	}
	if at < 0 {
		return nil, fmt.Errorf("the model has no lm_head.weight")
	}
	return set, tensors.MutableFlatData(set.Tensors()[at], func(flat []float32) {
		for i := endID; i < len(flat); i += n.vocab {
			flat[i] = 0
		}
	})
}
