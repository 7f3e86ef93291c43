package siglip

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var (
	_ family.PatchEmbedder  = (*Config)(nil)
	_ family.LockedEmbedder = (*Config)(nil)
)

// Family returns the family of SigLIP.
func Family() family.Family {
	return family.Family{
		Name:    "siglip",
		Summary: "SigLIP: image and text towers, contrastive",
		New:     func() family.Model { return &Config{Bias: PaperBias} },
		// Examples: see Published.
		Variants: []string{"B/16", "L/16", "So400m/14", "G/14", "siglip-so400m-patch14-384", "siglip2-base-patch16-naflex"},
		Variant: func(name string) (family.Model, error) {
			c, err := Variant(name)
			c.Bias = PaperBias
			return &c, err
		},
		Needs: family.Needs{Images: family.Required, Contrastive: true},
		Hub:   Hub(),
	}
}

// SetDefaults sets the bias.
func (c *Config) SetDefaults() { c.Bias = c.bias() }

// Loosen sets the image size and the text tower's vocabulary and length to 0.
func (c *Config) Loosen() { c.Image.Image, c.Text.Vocab, c.Text.Length = vit.Size{}, 0, 0 }

// Fit sets the image size and the text tower's vocabulary and length.
func (c *Config) Fit(d family.Data) []family.Problem {
	switch d.Images {
	case 1:
	case 0:
		return []family.Problem{{Key: "tasks", Text: "a siglip takes one image per example, and no task has images; its tasks are of kind contrastive"}}
	default:
		return []family.Problem{{Key: "images.per_example", Text: fmt.Sprintf("a siglip takes one image per example, images.per_example is %d", d.Images)}}
	}
	all := c.Image.Fit(d)
	all = append(all, family.FitSize("model.text.vocab", &c.Text.Vocab, d.Vocabulary)...)
	all = append(all, family.FitSize("model.text.length", &c.Text.Length, d.Encoder)...)
	all = append(all, family.Invalid("model.image", c.Image.Validate())...)
	return append(all, family.Invalid("model.text", c.Text.Validate())...)
}

// Specs lists the weights of the two towers, the temperature and the bias.
func (c *Config) Specs(be compute.Backend) ([]weights.Spec, error) { return Specs(be, *c) }

// Loss builds the loss of a batch.
func (c *Config) Loss(s *weights.Scope, b family.Batch) family.Loss {
	var images *Node
	switch {
	case b.Tokens != nil:
		images = Reshape(b.Tokens, -1, c.EmbeddingWidth()) // [B, 1, E]
	case b.Patches != nil:
		d := b.Patches.Shape().Dimensions // [B, 1, T, p·p·3]
		images = c.EmbedPatches(s, Reshape(b.Patches, d[0], d[2], d[3]), Reshape(b.Grids, d[0], 2))
	default:
		d := b.Pixels.Shape().Dimensions // [B, 1, H, W, 3]
		images = EmbedImages(s, *c, Reshape(b.Pixels, d[0], d[2], d[3], d[4]))
	}
	loss, sums, counts := lossOfEmbeddings(s, *c, images, EmbedTexts(s, *c, b.Encoder))
	return family.Loss{Mean: loss, Sums: sums, Counts: counts}
}

// ImageSize is the size of an image in pixels.
func (c *Config) ImageSize() (height, width int) { return c.Image.Image.Height, c.Image.Image.Width }

// TextLength is the number of ids of a text.
func (c *Config) TextLength() int { return c.Text.Length }

// EmbedImages turns images [B, H, W, 3] into embeddings [B, E]: see [EmbedImages].
func (c *Config) EmbedImages(s *weights.Scope, images *Node) *Node { return EmbedImages(s, *c, images) }

// ImageTower returns the prefixes of the image tower's weights and the width of an embedding.
func (c *Config) ImageTower() (prefixes []string, width int) {
	prefixes = []string{"vision_model"}
	if c.Projection > 0 {
		prefixes = append(prefixes, "visual_projection")
	}
	return prefixes, c.EmbeddingWidth()
}

// ImageConfig returns what embeddings of images depend on.
func (c *Config) ImageConfig() any {
	return struct {
		Image      vit.Config `json:"image"`
		Projection int        `json:"projection"`
	}{c.Image, c.Projection}
}

// PatchSize is the side of a patch in pixels, 0 if the image tower is not NaFlex.
func (c *Config) PatchSize() int {
	if c.Image.NaFlex == 0 {
		return 0
	}
	return c.Image.Patch
}

// EmbedPatches turns patches [B, T, p·p·3] with grids [B, 2] into embeddings [B, E]: see
// [EmbedPatches].
func (c *Config) EmbedPatches(s *weights.Scope, patches, grids *Node) *Node {
	return EmbedPatches(s, *c, patches, grids, nil)
}

// EmbedTexts turns ids [B, L] into embeddings [B, E]: see [EmbedTexts].
func (c *Config) EmbedTexts(s *weights.Scope, ids *Node) *Node { return EmbedTexts(s, *c, ids) }

// Compare returns the logits of images and texts: see [Logits].
func (c *Config) Compare(s *weights.Scope, images, texts *Node) *Node {
	return Logits(s, *c, images, texts)
}

// Inputs lists images [B, H, W, 3] and input_ids [C, L]. In place of images, a NaFlex tower takes
// patches [B, T, p·p·3] and their grids [B, 2].
func (c *Config) Inputs() []family.Input {
	all := []family.Input{
		{Name: "images", DType: dtypes.Float32, Shapes: [][]int{{0, c.Image.Image.Height, c.Image.Image.Width, 3}}},
		{Name: "input_ids", DType: dtypes.Int32, Shapes: [][]int{{0, 0}}, Vocabulary: c.Text.Vocab},
	}
	if p := c.PatchSize(); p > 0 {
		all = append(all,
			family.Input{Name: "patches", DType: dtypes.Float32, Shapes: [][]int{{0, 0, p * p * 3}}, Needs: "grids"},
			family.Input{Name: "grids", DType: dtypes.Int32, Shapes: [][]int{{0, 2}}, Needs: "patches"})
	}
	return all
}

// Outputs embeds images and texts as image_embeds and text_embeds, and compares them, where both
// are given, as logits_per_image [B, C] and, where C is a multiple of B, loss.
func (c *Config) Outputs(s *weights.Scope, in map[string]*Node) (results []weights.Noted) {
	var images, texts *Node
	switch {
	case in["images"] != nil && in["patches"] != nil:
		panic(fmt.Errorf("images come as images or as patches, not as both"))
	case in["images"] != nil:
		images = EmbedImages(s, *c, in["images"])
	case in["patches"] != nil:
		images = c.EmbedPatches(s, in["patches"], in["grids"])
	}
	if images != nil {
		results = append(results, weights.Noted{Name: "image_embeds", Node: images})
	}
	if in["input_ids"] != nil {
		texts = EmbedTexts(s, *c, in["input_ids"])
		results = append(results, weights.Noted{Name: "text_embeds", Node: texts})
	}
	if images == nil || texts == nil {
		return results
	}
	results = append(results, weights.Noted{Name: "logits_per_image", Node: Logits(s, *c, images, texts)})
	if texts.Shape().Dimensions[0]%images.Shape().Dimensions[0] == 0 {
		loss, _, _ := lossOfEmbeddings(s, *c, images, texts)
		results = append(results, weights.Noted{Name: "loss", Node: loss})
	}
	return results
}

// Parts describes the towers. The text's length is the tower's, whatever the lengths say.
func (c *Config) Parts(family.Lengths) []family.Part {
	w, tokens, t := c.Image.Width, c.Image.Tokens(), c.Text
	var parts []family.Part
	if c.Image.Pool == "" || c.Image.Pool == "map" {
		parts = append(parts, family.Part{
			Name: "vision_model.head", Tokens: tokens,
			ForwardFLOPs: family.Product(1, w, w) + family.Product(tokens, w, 2*w) + family.Scores(1, tokens, w) +
				family.Product(1, w, w) + 2*family.Product(1, w, c.Image.MLP),
		})
	}
	image := c.Image.Part("vision_model")
	image.ForwardFLOPs += family.Product(1, w, c.Image.PreLogits)
	parts = append(parts, image)
	if c.Projection > 0 {
		parts = append(parts, family.Part{
			Name: "visual_projection", Tokens: 1, ForwardFLOPs: family.Product(1, c.Image.OutputWidth(), c.Projection),
		})
	}
	text := family.Part{
		Name: "text_model", Tokens: t.Length,
		ForwardFLOPs: family.TransformerFLOPs(t.Depth, t.Width, t.MLP, t.Length),
		Activations:  family.TransformerActivations(t.Depth, t.Width, t.MLP, t.Heads, t.Length),
	}
	if t.Pool == "map" {
		text.ForwardFLOPs += family.Product(1, t.Width, t.Width) + family.Product(t.Length, t.Width, 2*t.Width) + family.Scores(1, t.Length, t.Width) +
			family.Product(1, t.Width, t.Width) + 2*family.Product(1, t.Width, t.MLP)
	}
	if t.Head != "none" {
		text.ForwardFLOPs += family.Product(1, t.Width, c.EmbeddingWidth())
	}
	parts = append(parts, text, family.Part{Name: "logit_scale"})
	if c.Objective != "softmax" {
		parts = append(parts, family.Part{Name: "logit_bias"})
	}
	return parts
}
