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
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Config is the shape of the two towers. They meet in embeddings as wide as the image tower.
type Config struct {
	// Image is the image tower. Required.
	Image vit.Config `yaml:"image" json:"image"`
	// Text is the text tower. Required.
	Text Text `yaml:"text" json:"text"`
	// Bias is the logits' bias b before training, which should be near the log of the share of
	// matching pairs. Default: the paper's -10, for its batches of 32,768 (log 1/32,768 = -10.4).
	Bias float64 `yaml:"bias,omitempty" json:"bias,omitempty"`
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
}

func (c Config) bias() float64 {
	if c.Bias == 0 {
		return PaperBias
	}
	return c.Bias
}

// Variant returns the towers of a released size, "B/16", "L/16" or "So400m/14", or of PaLI-3's
// "G/14". The text tower has the shape of the image tower, 32,000 pieces and 64 positions.
func Variant(name string) (Config, error) {
	image, err := vit.Variant(name)
	if err != nil {
		return Config{}, err
	}
	text := Text{Width: image.Width, Depth: image.Depth, MLP: image.MLP, Heads: image.Heads, Vocab: 32_000, Length: 64}
	return Config{Image: image, Text: text}, nil
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	if err := c.Image.Validate(); err != nil {
		return err
	}
	return c.Text.Validate()
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
	return nil
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
	s = s.In("vision_model")
	return normalize(vit.Pool(s, c.Image, vit.Encode(s, c.Image, images)))
}

// EmbedTexts turns ids [B, L], L at most Text.Length, into embeddings [B, E] of length 1. The tower
// attends to every position, padding included, and returns the last one, as big_vision's
// text_transformer with pool "last". Texts end there with EOS or are padded up to it.
func EmbedTexts(s *weights.Scope, c Config, ids *Node) *Node {
	s = s.In("text_model")
	t := c.Text
	batch, length := ids.Shape().Dimensions[0], ids.Shape().Dimensions[1]
	deviation := weights.FanInNormal(t.Width)
	x := block.Embed(s.In("embeddings").Table("token_embedding.weight", t.Vocab, t.Width, deviation), ids)
	positions := s.In("embeddings").Table("position_embedding.weight", t.Length, t.Width, deviation)
	x = Add(x, InsertAxes(Slice(positions, AxisRange(0, length)), 0))
	for i := range t.Depth {
		x = vit.Block(s.In("encoder", "layers", i), x, t.Heads, t.MLP, nil)
	}
	last := Reshape(Slice(x, AxisRange(), AxisRange(length-1, length)), batch, t.Width)
	last = block.LayerNorm(s.In("final_layer_norm"), last)
	return normalize(block.Dense(s.In("head"), last, c.Image.Width, weights.FanInTruncated(t.Width), weights.Zeros()))
}

// normalize divides rows by their Euclidean norm plus 1e-8 (big_vision, two_towers.py).
func normalize(x *Node) *Node {
	norm := Sqrt(ReduceAndKeep(Square(x), ReduceSum, -1))
	return Div(x, AddScalar(norm, 1e-8))
}

// Logits compares image embeddings [B, E] with text embeddings [C, E] and returns exp(t')·cosine +
// b, [B, C], with the learned "logit_scale" t' (log 10 before training) and "logit_bias" b
// (Config.Bias). The paper prints the equation with the other sign before b; its code adds b.
func Logits(s *weights.Scope, c Config, images, texts *Node) *Node {
	scale := s.Vector("logit_scale", 1, weights.Constant(math.Log(10)))
	bias := s.Vector("logit_bias", 1, weights.Constant(c.bias()))
	cosines := DotGeneral(images, []int{1}, nil, texts, []int{1}, nil)
	return Add(Mul(cosines, InsertAxes(Exp(scale), 0)), InsertAxes(bias, 0))
}

// Loss returns the sigmoid loss of images [B, H, W, 3] and their texts [B·K, L], K for each image.
// It classifies each of the B·B·K pairs as matching or not, and divides the sum of these losses by
// the number of texts. With one text per image it is algorithm 1 of arXiv 2303.15343.
func Loss(s *weights.Scope, c Config, images, texts *Node) *Node {
	loss, _, _ := LossByExample(s, c, images, texts)
	return loss
}

// LossByExample returns the [Loss] and, for each image [B], the sum over its pairs with all texts
// and the number of its texts, K. The loss is the total of the sums divided by the total of the
// counts.
func LossByExample(s *weights.Scope, c Config, images, texts *Node) (loss, sums, counts *Node) {
	return sigmoidLossByExample(Logits(s, c, EmbedImages(s, c, images), EmbedTexts(s, c, texts)))
}

// SigmoidLoss returns -1/(B·K) · sum of log sigmoid(z·logits) for logits [B, B·K]. Texts i·K to
// i·K+K-1 match image i; z is 1 for matching pairs and -1 for others.
func SigmoidLoss(logits *Node) *Node {
	loss, _, _ := sigmoidLossByExample(logits)
	return loss
}

// sigmoidLossByExample returns the [SigmoidLoss] and the sums and counts of [LossByExample].
func sigmoidLossByExample(logits *Node) (loss, sums, counts *Node) {
	images, texts := logits.Shape().Dimensions[0], logits.Shape().Dimensions[1]
	pairs := shapes.Make(dtypes.Int32, images, texts)
	owner := DivScalar(Iota(logits.Graph(), pairs, 1), texts/images)
	together := Equal(Iota(logits.Graph(), pairs, 0), owner)
	wrong := Where(together, Neg(logits), logits) // -z·logits, [B, B·K]
	// softplus(x) = -log sigmoid(-x) = max(x, 0) + log(1 + exp(-|x|))
	losses := Add(Max(wrong, ZerosLike(wrong)), Log1P(Exp(Neg(Abs(wrong)))))
	loss = DivScalar(ReduceAllSum(losses), float64(texts))
	counts = MulScalar(Ones(logits.Graph(), shapes.Make(dtypes.Float32, images)), float64(texts)/float64(images))
	return loss, ReduceSum(losses, 1), counts
}
