package t5gemma2

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

var (
	_ family.Writer      = (*Config)(nil)
	_ family.Seer        = (*Config)(nil)
	_ family.TextEncoder = (*Config)(nil)
	_ family.Speller     = (*Config)(nil)
)

// Family returns the family of T5Gemma 2.
func Family() family.Family {
	return family.Family{
		Name:     "t5gemma2",
		Summary:  "T5Gemma 2: an image encoder, Gemma 3 as encoder and as decoder, for tasks with images",
		New:      func() family.Model { return &Config{} },
		Variants: Variants(),
		Variant: func(name string) (family.Model, error) {
			c, err := Variant(name)
			return &c, err
		},
		Hub: Hub(),
	}
}

// SetDefaults sets fields that are zero, but for sizes.
func (c *Config) SetDefaults() { *c = c.WithDefaults() }

// Loosen sets the image size and the vocabulary's size to 0.
func (c *Config) Loosen() { c.Vision.Image, c.Vocab = vit.Size{}, 0 }

// Fit sets the image size, if the data has images, and the vocabulary's size.
func (c *Config) Fit(d family.Data) (all []family.Problem) {
	if d.Images > 0 {
		all = c.Vision.Fit(d)
	}
	all = append(all, family.FitSize("model.vocab", &c.Vocab, d.Vocabulary)...)
	if d.Images > 0 {
		return append(all, family.Invalid("model", c.Validate())...)
	}
	return append(all, family.Invalid("model", c.WithDefaults().validateText())...)
}

// Spell sets the ids of what surrounds an image, where the tokenizer has them. The end of image
// keeps its id if it has one, as the weights belong to that.
func (c *Config) Spell(id func(piece string) (id int, known bool)) {
	if n, known := id("\n\n"); known {
		c.Paragraph = n
	}
	if n, known := id("<start_of_image>"); known {
		c.ImageBegin = n
	}
	if n, known := id("<end_of_image>"); known && c.ImageEnd == 0 {
		c.ImageEnd = n
	}
}

// Specs lists the weights of the whole model.
func (c *Config) Specs(be compute.Backend) ([]weights.Spec, error) { return Specs(be, *c) }

// Loss builds the cross entropy of a batch's targets.
func (c *Config) Loss(s *weights.Scope, b family.Batch) family.Loss {
	g := b.Decoder.Graph()
	begin := BroadcastToDims(Const(g, int32(c.WithDefaults().BOS)), b.Decoder.Shape().Dimensions[0], 1)
	decoder := begin
	if b.Decoder.Shape().Dimensions[1] > 1 {
		decoder = Concatenate([]*Node{begin, SliceAxis(b.Decoder, 1, AxisRange(1))}, 1)
	}
	loss, sums, counts := LossByExample(s, *c, Inputs{
		Images: b.Pixels, Tokens: b.Tokens, ImageMask: b.ImageMask,
		Prompt: b.Encoder, Decoder: decoder, Targets: b.Targets, Weights: b.Weights,
	})
	return family.Loss{Mean: loss, Sums: sums, Counts: counts}
}

// ImageEncoder describes the image encoder with the average over squares.
func (c *Config) ImageEncoder() family.ImageEncoder {
	return family.ImageEncoder{
		Prefix: visionPrefix, Height: c.Vision.Image.Height, Width: c.Vision.Image.Width,
		Tokens: c.Tokens(), TokenWidth: c.Vision.Width,
	}
}

// ImageConfig returns the config of the image encoder and the side of the squares that its tokens
// are pooled in.
func (c *Config) ImageConfig() any {
	filled := c.WithDefaults()
	return struct {
		Image vit.Config `json:"image"`
		Pool  int        `json:"pool"`
	}{filled.Vision, filled.Pool}
}

// VisualTokens runs the image encoder: see [VisualTokens].
func (c *Config) VisualTokens(s *weights.Scope, images *Node) *Node {
	return VisualTokens(s, *c, images)
}

// Prefill reads images and prompts, and returns the scores of each answer's first id.
func (c *Config) Prefill(s *weights.Scope, p family.Prompt, room int) (*Node, family.State) {
	in := Inputs{Images: p.Images, Tokens: p.Tokens, ImageMask: p.ImageMask, Prompt: p.IDs}
	return prefill(s, c.WithDefaults(), in, room)
}

// Step feeds the decoder an id of each answer.
func (c *Config) Step(s *weights.Scope, ids, position *Node, st family.State) (*Node, []*Node) {
	filled := c.WithDefaults()
	read := 2 * filled.Decoder.Depth
	logits, said := step(s, filled, ids, OnePlus(position), cacheOf(st.Said), cacheOf(st.Kept[:read]), st.Kept[read])
	return logits, said.nodes()
}

// EncodeTexts runs the encoder on texts alone: see [family.TextEncoder].
func (c *Config) EncodeTexts(s *weights.Scope, ids *Node) (states, mask *Node) {
	filled := c.WithDefaults()
	read := sequenceOf(s, filled, Inputs{Prompt: ids})
	return encode(s, filled, read), read.mask
}

// Inputs lists images [B, N, H, W, 3] or [B, H, W, 3], input_ids [B, Le], attention_mask [B, Le],
// decoder_input_ids [B, Ld], targets [B, Ld] and weights [B, Ld]. The ids are those of
// transformers: input_ids hold the image token for each token of the images, decoder_input_ids
// begin with the begin of sentence.
func (c *Config) Inputs() []family.Input {
	height, width := c.Vision.Image.Height, c.Vision.Image.Width
	ids := [][]int{{0, 0}}
	return []family.Input{
		{Name: "images", DType: dtypes.Float32, Shapes: [][]int{{0, height, width, 3}, {0, 0, height, width, 3}}},
		{Name: "input_ids", DType: dtypes.Int32, Shapes: ids, Vocabulary: c.Vocab},
		{Name: "attention_mask", DType: dtypes.Float32, Shapes: ids, Needs: "input_ids"},
		{Name: "decoder_input_ids", DType: dtypes.Int32, Shapes: ids, Vocabulary: c.Vocab, Needs: "input_ids"},
		{Name: "targets", DType: dtypes.Int32, Shapes: ids, Vocabulary: c.Vocab, Needs: "decoder_input_ids"},
		{Name: "weights", DType: dtypes.Float32, Shapes: ids, Needs: "targets"},
	}
}

// Outputs gives logits [B, Ld, V] and, where targets are given, loss. Without decoder_input_ids it
// gives encoder_last_hidden_state [B, Le, W].
func (c *Config) Outputs(s *weights.Scope, in map[string]*Node) []weights.Noted {
	filled := c.WithDefaults()
	images := in["images"]
	if images != nil && images.Rank() == 4 {
		images = InsertAxes(images, 1)
	}
	if in["input_ids"] == nil {
		Project(s, filled, VisualTokens(s, filled, images))
		return nil
	}
	read := sequenceOf(s, filled, Inputs{
		Images: images, Prompt: in["input_ids"], Placeholders: true, PromptMask: in["attention_mask"],
	})
	encoded := encode(s, filled, read)
	results := []weights.Noted{{Name: "encoder_last_hidden_state", Node: encoded}}
	if in["decoder_input_ids"] == nil {
		return results
	}
	scores := logits(s, filled, decode(s, filled, in["decoder_input_ids"], encoded, read.mask))
	results = append(results, weights.Noted{Name: "logits", Node: scores})
	if in["targets"] != nil {
		loss, _, _ := block.MeanCrossEntropy(scores, in["targets"], in["weights"], nil, c.LabelSmoothing, c.ZLoss)
		results = append(results, weights.Noted{Name: "loss", Node: loss})
	}
	return results
}

// Parts describes the image encoder, the projection, the embedding table, which also scores the
// output, the encoder and the decoder.
func (c *Config) Parts(l family.Lengths) []family.Part {
	filled := c.WithDefaults()
	image := filled.Vision.Part(visionPrefix)
	n := max(l.Images, 1)
	image.ForwardFLOPs, image.Activations = int64(n)*image.ForwardFLOPs, int64(n)*image.Activations
	tokens := n * filled.Tokens()
	image.Tokens = n * image.Tokens
	read := tokens + l.Prompt
	return []family.Part{
		image,
		{Name: projectionPrefix, Tokens: tokens, ForwardFLOPs: family.Product(tokens, filled.Vision.Width, filled.Width)},
		{
			Name: tablePrefix, Tokens: l.Answer,
			ForwardFLOPs: family.Product(l.Answer, filled.Width, filled.Vocab), Activations: 3 * int64(l.Answer) * int64(filled.Vocab),
		},
		filled.Encoder.part(encoderPrefix, filled.Width, read, 0),
		filled.Decoder.part(decoderPrefix, filled.Width, l.Answer, read),
	}
}

// part describes blocks over length tokens that also attend to others.
func (k Tower) part(name string, width, length, others int) family.Part {
	queries, keys := k.Heads*k.HeadDim, k.KVHeads*k.HeadDim
	flops := 2*family.Product(length, width, queries) + 2*family.Product(length+others, width, keys) +
		family.Scores(length, length+others, queries) + 3*family.Product(length, width, k.MLP)
	n, all := int64(length), int64(length+others)
	kept := n*int64(6*width+5*queries+4*k.MLP) + all*int64(4*keys) + 3*int64(k.Heads)*n*all
	return family.Part{Name: name, Tokens: length, ForwardFLOPs: int64(k.Depth) * flops, Activations: int64(k.Depth) * kept}
}
