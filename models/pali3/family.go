package pali3

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var (
	_ family.Writer   = (*Config)(nil)
	_ family.Seer     = (*Config)(nil)
	_ family.Unpadder = (*Config)(nil)
	_ family.Packer   = (*Config)(nil)
)

// Family returns the family of PaLI-3.
func Family() family.Family {
	return family.Family{
		Name:     "pali3",
		Summary:  "PaLI-3: an image encoder before an encoder-decoder, for tasks with images",
		New:      func() family.Model { return &Config{Language: t5.Config{}.WithDefaults()} },
		Variants: Variants(),
		Variant: func(name string) (family.Model, error) {
			c, err := Variant(name)
			return &c, err
		},
	}
}

// SetDefaults sets those of the language model.
func (c *Config) SetDefaults() { c.Language = c.Language.WithDefaults() }

// Loosen sets the image size and the vocabulary's size to 0.
func (c *Config) Loosen() { c.Vision.Image, c.Language.Vocab = vit.Size{}, 0 }

// Fit sets the image size, if the data has images, and the vocabulary's size.
func (c *Config) Fit(d family.Data) (all []family.Problem) {
	if d.Images > 0 {
		all = c.Vision.Fit(d)
	}
	all = append(all, family.FitSize("model.language.vocab", &c.Language.Vocab, d.Vocabulary)...)
	if d.Images > 0 {
		all = append(all, family.Invalid("model.image", c.Vision.Validate())...)
	}
	return append(all, family.Invalid("model.language", c.Language.Validate())...)
}

// Specs lists the weights of the whole model.
func (c *Config) Specs(be compute.Backend) ([]weights.Spec, error) { return Specs(be, *c) }

// Loss builds the cross entropy of a batch's targets.
func (c *Config) Loss(s *weights.Scope, b family.Batch) family.Loss {
	loss, sums, counts := LossByExample(s, *c, Inputs{
		Images: b.Pixels, Tokens: b.Tokens, ImageMask: b.ImageMask,
		Encoder: b.Encoder, Decoder: b.Decoder, Targets: b.Targets, Weights: b.Weights,
		EncoderRows: b.EncoderRows, DecoderRows: b.DecoderRows, Segments: b.Segments,
	})
	return family.Loss{Mean: loss, Sums: sums, Counts: counts}
}

// Unpads reports whether the loss leaves out padding: if there is no dropout.
func (c *Config) Unpads() bool { return c.Language.Dropout == 0 }

// Packs reports that the loss takes packed rows.
func (c *Config) Packs() bool { return true }

// ImageEncoder describes the image encoder.
func (c *Config) ImageEncoder() family.ImageEncoder {
	return family.ImageEncoder{
		Prefix: visionPrefix, Height: c.Vision.Image.Height, Width: c.Vision.Image.Width,
		Tokens: c.Vision.Tokens(), TokenWidth: c.Vision.Width,
	}
}

// ImageConfig returns the config of the image encoder.
func (c *Config) ImageConfig() any { return c.Vision }

// VisualTokens runs the image encoder: see [VisualTokens].
func (c *Config) VisualTokens(s *weights.Scope, images *Node) *Node {
	return VisualTokens(s, *c, images)
}

// Prefill reads images and prompts, and feeds the decoder the id that begins every answer, 0.
func (c *Config) Prefill(s *weights.Scope, p family.Prompt, room int) (*Node, family.State) {
	encoded, mask := Encode(s, *c, Inputs{Images: p.Images, Tokens: p.Tokens, ImageMask: p.ImageMask, Encoder: p.IDs})
	return t5.PrefillDecoder(s, c.Language, encoded, mask, room)
}

// Step feeds the decoder an id of each answer.
func (c *Config) Step(s *weights.Scope, ids, position *Node, st family.State) (*Node, []*Node) {
	return t5.StepDecoder(s, c.Language, ids, position, st)
}

// Inputs lists those of the language model, images [B, N, H, W, 3] or [B, H, W, 3], and image_mask
// [B, N].
func (c *Config) Inputs() []family.Input {
	height, width := c.Vision.Image.Height, c.Vision.Image.Width
	return slices.Concat([]family.Input{
		{Name: "images", DType: dtypes.Float32, Shapes: [][]int{{0, height, width, 3}, {0, 0, height, width, 3}}},
		{Name: "image_mask", DType: dtypes.Float32, Shapes: [][]int{{0, 0}}, Needs: "images"},
	}, t5.DecoderInputs(c.Language))
}

// Outputs gives logits [B, Ld, V] and, where targets are given, loss.
func (c *Config) Outputs(s *weights.Scope, in map[string]*Node) []weights.Noted {
	images := in["images"]
	if images != nil && images.Rank() == 4 {
		images = InsertAxes(images, 1)
	}
	if in["input_ids"] == nil {
		VisualTokens(s, *c, images)
		return nil
	}
	encoded, mask := Encode(s, *c, Inputs{Images: images, ImageMask: in["image_mask"], Encoder: in["input_ids"]})
	return t5.DecoderOutputs(s, c.Language, encoded, mask, in)
}

// Parts describes the image encoder, the projection and the parts of the language model.
func (c *Config) Parts(l family.Lengths) []family.Part {
	image := c.Vision.Part(visionPrefix)
	n := max(l.Images, 1)
	tokens := n * image.Tokens
	image.ForwardFLOPs, image.Activations = int64(n)*image.ForwardFLOPs, int64(n)*image.Activations
	projection := family.Part{
		Name: "multi_modal_projector", Tokens: tokens,
		ForwardFLOPs: family.Product(tokens, c.Vision.Width, c.Language.Width),
	}
	return append([]family.Part{image, projection}, c.Language.Parts(tokens+l.Prompt, l.Answer)...)
}
