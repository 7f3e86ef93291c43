package paligemma

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var (
	_ family.Writer = (*Config)(nil)
	_ family.Seer   = (*Config)(nil)
)

// Family returns the family of PaliGemma.
func Family() family.Family {
	return family.Family{
		Name:     "paligemma",
		Summary:  "PaliGemma 1 and 2: an image encoder before a prefix-LM, for tasks with images",
		New:      func() family.Model { return &Config{} },
		Variants: []string{"paligemma-3b-224", "paligemma2-3b-448", "paligemma2-10b-448", "paligemma2-28b-896"},
		Variant: func(name string) (family.Model, error) {
			c, err := Variant(name)
			return &c, err
		},
		Hub: Hub(),
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
		Prompt: b.Encoder, Decoder: b.Decoder, Targets: b.Targets, Weights: b.Weights,
	})
	return family.Loss{Mean: loss, Sums: sums, Counts: counts}
}

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

// Prefill reads images and prompts, and returns the scores of each answer's first id.
func (c *Config) Prefill(s *weights.Scope, p family.Prompt, room int) (*Node, family.State) {
	x, positions := prefix(s, *c, Inputs{Images: p.Images, Tokens: p.Tokens, ImageMask: p.ImageMask, Prompt: p.IDs})
	d := x.Shape().Dimensions
	language := s.In(languagePrefix)
	hidden, read := gemma.Decode(language, c.Language, x, gemma.Sequence{Positions: positions, Prefix: d[1]})
	logits := gemma.Logits(language, c.Language, last(hidden, positions))
	said := gemma.EmptyCache(x.Graph(), c.Language, d[0], room)
	return logits, family.State{Said: nodes(said), Kept: append(nodes(read), positions)}
}

// Step feeds the decoder an id of each answer.
func (c *Config) Step(s *weights.Scope, ids, position *Node, st family.State) (*Node, []*Node) {
	read := 2 * c.Language.Depth
	logits, said := gemma.Step(s.In(languagePrefix), c.Language, ids, position, cacheOf(st.Kept[:read]), st.Kept[read], cacheOf(st.Said))
	return logits, nodes(said)
}

// nodes returns the keys, then the values.
func nodes(c gemma.Cache) []*Node { return append(append([]*Node{}, c.Keys...), c.Values...) }

// cacheOf is the inverse of nodes.
func cacheOf(all []*Node) gemma.Cache {
	return gemma.Cache{Keys: all[:len(all)/2], Values: all[len(all)/2:]}
}

// Inputs lists images [B, N, H, W, 3] or [B, H, W, 3], image_mask [B, N], input_ids [B, Le],
// decoder_input_ids [B, Ld], targets [B, Ld] and weights [B, Ld].
func (c *Config) Inputs() []family.Input {
	height, width := c.Vision.Image.Height, c.Vision.Image.Width
	ids, vocab := [][]int{{0, 0}}, c.Language.Vocab
	return []family.Input{
		{Name: "images", DType: dtypes.Float32, Shapes: [][]int{{0, height, width, 3}, {0, 0, height, width, 3}}},
		{Name: "image_mask", DType: dtypes.Float32, Shapes: [][]int{{0, 0}}, Needs: "images"},
		{Name: "input_ids", DType: dtypes.Int32, Shapes: ids, Vocabulary: vocab},
		{Name: "decoder_input_ids", DType: dtypes.Int32, Shapes: ids, Vocabulary: vocab, Needs: "input_ids"},
		{Name: "targets", DType: dtypes.Int32, Shapes: ids, Vocabulary: vocab, Needs: "decoder_input_ids"},
		{Name: "weights", DType: dtypes.Float32, Shapes: ids, Needs: "targets"},
	}
}

// Outputs gives logits [B, Ld, V] and, where targets are given, loss. Without decoder_input_ids the
// logits are those of the answers' first ids, [B, 1, V].
func (c *Config) Outputs(s *weights.Scope, in map[string]*Node) []weights.Noted {
	images := in["images"]
	if images != nil && images.Rank() == 4 {
		images = InsertAxes(images, 1)
	}
	prompt := in["input_ids"]
	if prompt == nil {
		Project(s, *c, VisualTokens(s, *c, images))
		return nil
	}
	decoder := in["decoder_input_ids"]
	if decoder == nil {
		decoder = SliceAxis(ZerosLike(prompt), 1, AxisRange(0, 1))
	}
	logits := Logits(s, *c, Inputs{Images: images, ImageMask: in["image_mask"], Prompt: prompt, Decoder: decoder})
	results := []weights.Noted{{Name: "logits", Node: logits}}
	if in["targets"] != nil {
		loss, _, _ := c.loss(logits, in["targets"], in["weights"])
		results = append(results, weights.Noted{Name: "loss", Node: loss})
	}
	return results
}

// Parts describes the image encoder, the projection and the decoder, whose embedding table is a
// part by itself.
func (c *Config) Parts(l family.Lengths) []family.Part {
	image := c.Vision.Part(visionPrefix)
	n := max(l.Images, 1)
	tokens := n * image.Tokens
	image.ForwardFLOPs, image.Activations = int64(n)*image.ForwardFLOPs, int64(n)*image.Activations
	projection := family.Part{
		Name: projectionPrefix, Tokens: tokens,
		ForwardFLOPs: family.Product(tokens, c.Vision.Width, c.Language.Width),
	}
	return append([]family.Part{image, projection}, c.Language.Parts(languagePrefix, tokens+l.Prompt, l.Answer)...)
}
