// Package pali3 assembles the vision-language model. SigLIP's image encoder turns images into
// tokens, without pooling. A linear projection maps them to the width of the language model, and
// the T5 encoder-decoder, trained as UL2, reads them before the embedded text and answers in text.
//
//	images ─ vit ─ [B, T, Wv] ─ projection ─ [B, T, W] ┐
//	                                                    ├ concatenate ─ encoder ─ decoder ─ logits
//	prompt ids ─────── embedding ────────── [B, Le, W] ┘
//
// Several images of a sample are encoded one by one, and their tokens are concatenated without a
// separator. If the image encoder is frozen, its tokens can be computed once and given in place of
// the images.
//
// Names of weights are those of transformers: "vision_model" as in SiglipModel,
// "multi_modal_projector.linear" for the projection, and the language model's as in
// T5ForConditionalGeneration. Public checkpoints of each part load without renaming.
package pali3

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Config is the shape of the model.
type Config struct {
	// Vision is the image encoder. Required.
	Vision vit.Config `yaml:"image" json:"vision"`
	// Language is the encoder-decoder, with its loss. Required.
	Language t5.Config `yaml:"language" json:"language"`
	// ZeroProjection initialises the projection with zeros, as PaliGemma does. The default draws it
	// so that visual tokens have the variance of T5's embeddings, because the RMS norm at the
	// encoder's start makes the gradient of a zero token a thousand times too large.
	ZeroProjection bool `yaml:"zero_projection" json:"zero_projection"`
}

// visionPrefix is what the names of the image encoder's weights begin with, as in SigLIP.
const visionPrefix = "vision_model"

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	if err := c.Vision.Validate(); err != nil {
		return err
	}
	return c.Language.Validate()
}

// Inputs is a batch. It has Images or Tokens, or neither for text alone.
type Inputs struct {
	// Images [B, N, H, W, 3], uint8 or float32 in [-1, 1]: N images per sample.
	Images *Node
	// Tokens [B, T, Wv] are the image encoder's tokens for the samples' images.
	Tokens *Node
	// ImageMask [B, N], float32, is 0 for images that a sample lacks. Default: all ones.
	ImageMask *Node
	// Encoder [B, Le] holds the prompts' ids. The others are as in t5.Inputs.
	Encoder, Decoder, Targets, Weights *Node
	EncoderRows, DecoderRows           *block.Unpadded
	// Segments are those of packed rows; an image has that of its example. Default: nil, an example
	// per row.
	Segments *block.Segments
}

// Specs lists the weights of the whole model, in the order in which data flows through it.
func Specs(be compute.Backend, c Config) ([]weights.Spec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return weights.Collect(be, func(s *weights.Scope) {
		VisualTokens(s, c, s.Input(dtypes.Float32, 1, 1, c.Vision.Image.Height, c.Vision.Image.Width, 3))
		tokens := s.Input(dtypes.Float32, 1, 1, c.Vision.Width) // one, as large images have thousands
		ids := s.Input(dtypes.Int32, 1, 2)
		Loss(s, c, Inputs{Tokens: tokens, Encoder: ids, Decoder: ids, Targets: ids})
	})
}

// Loss returns the mean cross entropy of the targets given images and prompts.
func Loss(s *weights.Scope, c Config, in Inputs) *Node {
	loss, _, _ := LossByExample(s, c, in)
	return loss
}

// LossByExample returns the [Loss] with the sums and counts of [t5.CrossEntropyByExample]. Those of
// packed rows are of each segment, [B·S].
func LossByExample(s *weights.Scope, c Config, in Inputs) (loss, sums, counts *Node) {
	if c.Language.Dropout > 0 {
		in.EncoderRows, in.DecoderRows = nil, nil
	}
	return t5.LossOfEncoded(s, c.Language, encode(s, c, in), t5.Inputs{
		Decoder: in.Decoder, Targets: in.Targets, Weights: in.Weights, DecoderRows: in.DecoderRows, Segments: in.Segments,
	})
}

// Encode returns what the decoder attends to: the language encoder's output over visual and text
// tokens [B, T+Le, W], and the mask [B, T+Le], 1 for tokens and 0 for padding.
func Encode(s *weights.Scope, c Config, in Inputs) (encoded, mask *Node) {
	in.EncoderRows, in.Segments = nil, nil
	e := encode(s, c, in)
	return e.Tokens, e.Mask
}

func encode(s *weights.Scope, c Config, in Inputs) t5.Encoded {
	x := t5.Embed(s, c.Language, in.EncoderRows.Take(in.Encoder))
	mask, rows := block.NotPadding(in.Encoder), in.EncoderRows
	tokens := in.Tokens
	if in.Images != nil {
		tokens = VisualTokens(s, c, in.Images)
	}
	if tokens != nil {
		visual := Project(s, c, tokens)
		mask = Concatenate([]*Node{visualMask(tokens, in.ImageMask), mask}, 1)
		if rows == nil {
			x = Concatenate([]*Node{visual, x}, 1)
		} else {
			x = Concatenate([]*Node{Reshape(visual, -1, c.Language.Width), x}, 0)
			rows = rows.After(tokens.Shape().Dimensions[1])
		}
	}
	if in.Segments != nil {
		return encodePacked(s, c, x, mask, tokens, rows, in.Segments)
	}
	return t5.EncodeRows(s, c.Language, x, mask, rows)
}

// encodePacked runs the language encoder over packed rows x, in which the visual tokens of all
// segments come before the text of all. It sees the visual tokens of each segment before its text.
func encodePacked(s *weights.Scope, c Config, x, mask, tokens *Node, rows *block.Unpadded, in *block.Segments) t5.Encoded {
	if tokens == nil {
		return t5.EncodeSegments(s, c.Language, x, mask, in.Encoder, rows)
	}
	segments := Concatenate([]*Node{ofTokens(tokens, in.Images), in.Encoder}, 1)
	order := block.OrderBySegment(segments)
	if c.Language.Dropout > 0 { // it needs whole rows
		return t5.EncodeSegments(s, c.Language, order.SortTokens(x), order.Sort(mask), order.Sort(segments), nil)
	}
	if rows == nil {
		x = Reshape(x, -1, c.Language.Width)
	}
	return t5.EncodeSegments(s, c.Language, x, order.Sort(mask), order.Sort(segments), order.Rows(rows))
}

// VisualTokens runs the image encoder: images [B, N, H, W, 3] to [B, N·T, Wv], T tokens per image.
func VisualTokens(s *weights.Scope, c Config, images *Node) *Node {
	d := images.Shape().Dimensions
	each := vit.Encode(s.In(visionPrefix), c.Vision, Reshape(images, d[0]*d[1], d[2], d[3], d[4])).Encoded
	return Reshape(each, d[0], d[1]*c.Vision.Tokens(), c.Vision.Width)
}

// Project maps visual tokens [B, T, Wv] to the language model's width: [B, T, W].
func Project(s *weights.Scope, c Config, tokens *Node) *Node {
	init := weights.FanInTruncated(c.Vision.Width)
	if c.ZeroProjection {
		init = weights.Zeros()
	}
	return block.Dense(s.In("multi_modal_projector", "linear"), tokens, c.Language.Width, init, weights.Zeros())
}

// visualMask returns the mask [B, N·T] of visual tokens: that of each image repeated for its
// tokens, or all ones without a mask of images.
func visualMask(tokens, images *Node) *Node {
	d := tokens.Shape().Dimensions
	if images == nil {
		return BroadcastToDims(ScalarOne(tokens.Graph(), dtypes.Float32), d[0], d[1])
	}
	return ofTokens(tokens, images)
}

// ofTokens repeats what images [B, N] have for each of their tokens [B, N·T, Wv]: [B, N·T].
func ofTokens(tokens, images *Node) *Node {
	d, n := tokens.Shape().Dimensions, images.Shape().Dimensions[1]
	return Reshape(BroadcastToDims(InsertAxes(images, -1), d[0], n, d[1]/n), d[0], d[1])
}
