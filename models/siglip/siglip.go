// Package siglip is the contrastive model that pretrains PaLI-3's image encoder: an image and a
// text tower whose normalised embeddings are compared pair by pair with a sigmoid loss ("Sigmoid
// Loss for Language Image Pre-Training", arXiv 2303.15343).
//
// Names of weights are those of transformers' SiglipModel.
package siglip

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Config is the shape of the two towers and how they are compared.
type Config struct {
	// Image is the image tower. Required.
	Image vit.Config `yaml:"image" json:"image"`
	// Text is the text tower. Required.
	Text Text `yaml:"text" json:"text"`
	// Projection is the width of the embeddings if the image tower ends in a dense layer
	// (big_vision's out_dim). Default: 0, no such layer; embeddings are as wide as the image tower.
	Projection int `yaml:"projection,omitempty" json:"projection,omitempty"`
	// Objective is the loss: SigLIP's sigmoid loss, or CLIP's softmax loss (arXiv 2103.00020),
	// which has no bias. Default: sigmoid. Legal: sigmoid, softmax.
	Objective string `yaml:"objective,omitempty" json:"objective,omitempty"`
	// Bias is the logits' bias b before training, which should be near the log of the share of
	// matching pairs. Default: the paper's -10, for its batches of 32,768 (log 1/32,768 = -10.4).
	Bias float64 `yaml:"bias,omitempty" json:"bias,omitempty"`
	// Temperature is the factor of the logits before training. Default: 10 for sigmoid, the
	// paper's; 1/0.07 for softmax, CLIP's.
	Temperature float64 `yaml:"temperature,omitempty" json:"temperature,omitempty"`
	// Average is what the sigmoid loss of all pairs is divided by if images have several texts: the
	// number of texts, or of images, as in the multi-positive sigmoid loss of FLAIR (arXiv
	// 2412.03561). With one text per image they are the same. Default: texts. Legal: texts,
	// images.
	Average string `yaml:"average,omitempty" json:"average,omitempty"`
	// LossBlock is the number of images whose logits are in memory at once: the sigmoid loss and
	// its gradient are computed block by block, so the memory is that of a block, for a third more
	// work. Default: 0, all logits at once.
	LossBlock int `yaml:"loss_block,omitempty" json:"loss_block,omitempty"`
}

// PaperBias is the bias before training in arXiv 2303.15343, algorithm 1.
const PaperBias = -10

// Text is the shape of the text tower.
type Text struct {
	// Width of the tokens. Required. Legal: a multiple of heads.
	Width int `yaml:"width" json:"width"`
	// Depth is the number of blocks. Required. Legal: 1 and above.
	Depth int `yaml:"depth" json:"depth"`
	// MLP is the hidden width of the blocks' perceptrons; 4 times the width is usual. Required.
	// Legal: 1 and above.
	MLP int `yaml:"mlp" json:"mlp"`
	// Heads of the attention; 64 of the width for each are usual. Required. Legal: 1 and above.
	Heads int `yaml:"heads" json:"heads"`
	// Vocab is the number of token ids. Default: the tokenizer's.
	Vocab int `yaml:"vocab" json:"vocab"`
	// Length is the number of positions, the most tokens that a text may have. Default:
	// lengths.encoder.
	Length int `yaml:"length" json:"length"`
	// Head is the last layer: dense; unbiased, a dense layer without bias; or none, for a tower as
	// wide as the embeddings. Default: dense. Legal: dense, unbiased, none.
	Head string `yaml:"head,omitempty" json:"head,omitempty"`
	// Pool makes one vector of the states of all positions: that of the last, of the first, their
	// mean, their largest values, or attention with a learned query (big_vision
	// text_transformer.py, pool_type). Default: last, as in all published models. Legal: last,
	// first, mean, max, map.
	Pool string `yaml:"pool,omitempty" json:"pool,omitempty"`
}

func (c Config) bias() float64 {
	if c.Bias == 0 {
		return PaperBias
	}
	return c.Bias
}

func (c Config) temperature() float64 {
	switch {
	case c.Temperature != 0:
		return c.Temperature
	case c.Objective == "softmax":
		return 1 / 0.07
	}
	return 10
}

// EmbeddingWidth returns the width of the embeddings, E.
func (c Config) EmbeddingWidth() int {
	if c.Projection > 0 {
		return c.Projection
	}
	return c.Image.OutputWidth()
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	if err := c.Image.Validate(); err != nil {
		return err
	}
	if err := c.Text.Validate(); err != nil {
		return err
	}
	for _, choice := range []struct{ name, value, one, other string }{
		{"objective", c.Objective, "sigmoid", "softmax"}, {"average", c.Average, "texts", "images"},
	} {
		if choice.value != "" && choice.value != choice.one && choice.value != choice.other {
			return fmt.Errorf("%s is %q; legal are %s and %s", choice.name, choice.value, choice.one, choice.other)
		}
	}
	switch {
	case c.Image.Pool == "none":
		return fmt.Errorf("image encoder: pool is none; a SigLIP compares pooled images: legal are map, gap and tok")
	case c.Text.Head == "none" && c.Text.Width != c.EmbeddingWidth():
		return fmt.Errorf("text tower: without a head its width %d must be that of the embeddings, %d", c.Text.Width, c.EmbeddingWidth())
	case c.Projection < 0:
		return fmt.Errorf("projection is %d, want 0 or more", c.Projection)
	case c.LossBlock < 0:
		return fmt.Errorf("loss_block is %d, want 0 or more", c.LossBlock)
	case !(c.Temperature >= 0):
		return fmt.Errorf("temperature is %g, want a factor above 0", c.Temperature)
	case c.Objective == "softmax" && (c.LossBlock > 0 || c.Average == "images"):
		return fmt.Errorf("loss_block and average belong to objective sigmoid, not softmax")
	}
	return nil
}

// Validate returns an error that names the first invalid field.
func (t Text) Validate() error {
	for _, field := range []struct {
		name  string
		value int
	}{{"width", t.Width}, {"depth", t.Depth}, {"mlp", t.MLP}, {"heads", t.Heads}, {"vocab", t.Vocab}, {"length", t.Length}} {
		if field.value < 1 {
			return fmt.Errorf("text tower: %s is %d, want 1 or more", field.name, field.value)
		}
	}
	if t.Width%t.Heads != 0 {
		return fmt.Errorf("text tower: width %d is not a multiple of heads %d", t.Width, t.Heads)
	}
	switch t.Pool {
	case "", "last", "first", "mean", "max", "map":
	default:
		return fmt.Errorf("text tower: pool is %q; legal are last, first, mean, max and map", t.Pool)
	}
	switch t.Head {
	case "", "dense", "unbiased", "none":
		return nil
	}
	return fmt.Errorf("text tower: head is %q; legal are dense, unbiased and none", t.Head)
}

// Specs lists the weights of the two towers, the temperature and the bias.
func Specs(be compute.Backend, c Config) ([]weights.Spec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return weights.Collect(be, func(s *weights.Scope) {
		images := s.Input(dtypes.Float32, 1, c.Image.Image.Height, c.Image.Image.Width, 3)
		Loss(s, c, images, s.Input(dtypes.Int32, 1, c.Text.Length))
	})
}

// EmbedImages turns images [B, H, W, 3], as for [vit.Encode], into embeddings [B, E] of length 1.
func EmbedImages(s *weights.Scope, c Config, images *Node) *Node {
	return embedImages(s, c, vit.Encode(s.In("vision_model"), c.Image, images))
}

// EmbedPatches turns images of different sizes, given as for [vit.EncodePatches], into embeddings
// [B, E] of length 1.
func EmbedPatches(s *weights.Scope, c Config, patches, grids, mask *Node) *Node {
	return embedImages(s, c, vit.EncodePatches(s.In("vision_model"), c.Image, patches, grids, mask))
}

func embedImages(s *weights.Scope, c Config, encoded vit.Out) *Node {
	x := vit.Pool(s.In("vision_model"), c.Image, encoded)
	if c.Projection > 0 {
		x = block.Dense(s.In("visual_projection"), x, c.Projection, weights.FanInTruncated(c.Image.OutputWidth()), weights.Zeros())
	}
	return normalize(x)
}

// EmbedTexts turns ids [B, L], L at most Text.Length, into embeddings [B, E] of length 1. The tower
// attends to every position, padding included, and with pool "last" returns the last one, as
// big_vision's text_transformer. Texts end there with EOS or are padded up to it.
func EmbedTexts(s *weights.Scope, c Config, ids *Node) *Node {
	s = s.In("text_model")
	t := c.Text
	length := ids.Shape().Dimensions[1]
	deviation := weights.FanInNormal(t.Width)
	x := block.Embed(s.In("embeddings").Table("token_embedding.weight", t.Vocab, t.Width, deviation), ids)
	positions := s.In("embeddings").Table("position_embedding.weight", t.Length, t.Width, deviation)
	x = s.In("embeddings").Note(Add(x, InsertAxes(Slice(positions, AxisRange(0, length)), 0)))
	layers := s.In("encoder", "layers")
	for i := range t.Depth - 1 {
		x = vit.Block(layers.In(i), x, t.Heads, t.MLP, nil)
	}
	last := poolTexts(s, t, lastBlock(layers.In(t.Depth-1), t, x))
	switch kernel := weights.FanInTruncated(t.Width); t.Head {
	case "none":
	case "unbiased":
		last = block.DenseNoBias(s.In("head"), last, c.EmbeddingWidth(), kernel)
	default:
		last = block.Dense(s.In("head"), last, c.EmbeddingWidth(), kernel, weights.Zeros())
	}
	return normalize(last)
}

// lastBlock is the text tower's last block, [B, L, W] to [B, L, W], or to [B, 1, W] if pooling
// takes one position and no other need be computed.
func lastBlock(s *weights.Scope, t Text, x *Node) *Node {
	switch t.Pool {
	case "", "last":
		return vit.BlockAt(s, x, x.Shape().Dimensions[1]-1, t.Heads, t.MLP)
	case "first":
		return vit.BlockAt(s, x, 0, t.Heads, t.MLP)
	}
	return vit.Block(s, x, t.Heads, t.MLP, nil)
}

// poolTexts turns the states of a text's positions, as [lastBlock] returns them, into normed
// vectors [B, W].
func poolTexts(s *weights.Scope, t Text, x *Node) *Node {
	batch, length := x.Shape().Dimensions[0], x.Shape().Dimensions[1]
	norm := func(x *Node) *Node { return block.LayerNorm(s.In("final_layer_norm"), x) }
	at := func(i int) *Node { return norm(Reshape(Slice(x, AxisRange(), AxisRange(i, i+1)), batch, t.Width)) }
	switch t.Pool {
	case "first":
		return at(0)
	case "mean":
		return ReduceMean(norm(x), 1)
	case "max":
		return ReduceMax(norm(x), 1)
	case "map":
		return vit.Pool(s.In("map"), vit.Config{Width: t.Width, MLP: t.MLP, Heads: t.Heads}, vit.Out{Encoded: norm(x)})
	}
	return at(length - 1)
}

// normalize divides rows by their Euclidean norm plus 1e-8 (big_vision, two_towers.py).
func normalize(x *Node) *Node {
	norm := Sqrt(ReduceAndKeep(Square(x), ReduceSum, -1))
	return Div(x, AddScalar(norm, 1e-8))
}

// Logits compares image embeddings [B, E] with text embeddings [C, E] and returns exp(t')·cosine +
// b, [B, C], with the learned "logit_scale" t' (the log of Config.Temperature before training) and
// "logit_bias" b (Config.Bias; 0 for the softmax loss). The paper prints the equation with the
// other sign before b; its code adds b.
func Logits(s *weights.Scope, c Config, images, texts *Node) *Node {
	scale, bias := scaleAndBias(s, c)
	return logits(images, texts, scale, bias)
}

// scaleAndBias returns exp(t') and b, [1] each. B is nil for the softmax loss.
func scaleAndBias(s *weights.Scope, c Config) (scale, bias *Node) {
	scale = Exp(s.Vector("logit_scale", 1, weights.Constant(math.Log(c.temperature()))))
	if c.Objective != "softmax" {
		bias = s.Vector("logit_bias", 1, weights.Constant(c.bias()))
	}
	return scale, bias
}

func logits(images, texts, scale, bias *Node) *Node {
	cosines := DotGeneral(images, []int{1}, nil, texts, []int{1}, nil)
	x := Mul(cosines, InsertAxes(scale, 0))
	if bias == nil {
		return x
	}
	return Add(x, InsertAxes(bias, 0))
}
