// Package t5 is the encoder-decoder of T5 and its successors T5 1.1, mT5, umT5 and UL2 (arXiv
// 1910.10683, 2205.05131), and so the language model of PaLI-3. UL2 is not another network but
// another objective: a mixture of denoisers, which package mixture makes. Names of weights are
// those of transformers' T5ForConditionalGeneration.
//
// T5 differs from a usual transformer in these rules: RMS norms before each sublayer, no biases, no
// division of scores by sqrt(d), and one table of relative position biases per stack (t5x
// examples/t5/network.py).
package t5

import (
	"fmt"

	"github.com/pali3/pali3/models/block"
)

// Config is the shape of a language model and of its loss.
type Config struct {
	// Width of the tokens, d_model. Required. Legal: 1 and above.
	Width int `yaml:"width" json:"width"`
	// MLP is the hidden width of the gated perceptrons, d_ff. Required. Legal: 1 and above.
	MLP int `yaml:"mlp" json:"mlp"`
	// Heads of the attention. Required. Legal: 1 and above.
	Heads int `yaml:"heads" json:"heads"`
	// HeadDim is the width of each head, d_kv. Heads times head_dim need not be the width.
	// Required. Legal: 1 and above.
	HeadDim int `yaml:"head_dim" json:"head_dim"`
	// EncoderLayers is the number of the encoder's blocks. Required. Legal: 1 and above.
	EncoderLayers int `yaml:"encoder_layers" json:"encoder_layers"`
	// DecoderLayers is the number of the decoder's blocks. Required. Legal: 1 and above.
	DecoderLayers int `yaml:"decoder_layers" json:"decoder_layers"`
	// Vocab is the number of token ids, sentinels and padding included. Default: the tokenizer's.
	Vocab int `yaml:"vocab" json:"vocab"`
	// Activation of the gated MLP. Default: gated-silu. Legal: gated-silu (UL2), gated-gelu (T5
	// 1.1, mT5, umT5).
	Activation block.Gate `yaml:"activation" json:"activation"`
	// Tied uses the token embeddings as output weights, scaled by 1/sqrt(Width), as T5 1.0 does.
	Tied bool `yaml:"tied" json:"tied"`
	// LayerBias gives every self-attention its own relative bias table, as umT5 does.
	LayerBias bool `yaml:"layer_bias" json:"layer_bias"`
	// Buckets of the relative position bias. Default: 32. Legal: multiples of 4, below twice
	// max_distance.
	Buckets int `yaml:"buckets" json:"buckets"`
	// MaxDistance is the distance from which on all tokens share a bucket. Default: 128. Legal:
	// above half of buckets.
	MaxDistance int `yaml:"max_distance" json:"max_distance"`
	// ZLoss is the weight of the squared log-normaliser in the loss; T5X trains with 1e-4. Default:
	// 0. Legal: 0 and above.
	ZLoss float64 `yaml:"z_loss" json:"z_loss"`
	// LabelSmoothing is the probability spread over the tokens that are not the target. Default: 0.
	// Legal: 0 to below 1.
	LabelSmoothing float64 `yaml:"label_smoothing" json:"label_smoothing"`
	// Dropout is the probability by which features are set to 0 in training: after the embeddings,
	// on every residual branch and in its hidden layer, of the keys of attention, and after the
	// final norms. 0 in pretraining. Default: 0. Legal: 0 to below 1.
	Dropout float64 `yaml:"dropout" json:"dropout"`
}

// Variant returns a model by name. The shape of PaLI-3's 3B UL2 is not published: "ul2-3b" is the
// shape of T5 1.1 XL with UL2's activation and mC4's 250,112 pieces. "ul2-20b" is the published
// google/ul2; "t5-1.1-xl" and "mt5-xl" are T5X's.
func Variant(name string) (Config, error) {
	xl := Config{Width: 2048, MLP: 5120, Heads: 32, HeadDim: 64, EncoderLayers: 24, DecoderLayers: 24,
		Activation: block.GatedGELU, ZLoss: 1e-4}.WithDefaults()
	switch name {
	case "ul2-3b":
		xl.Vocab, xl.Activation = 250_112, block.GatedSiLU
		return xl, nil
	case "t5-1.1-xl":
		xl.Vocab = 32_128
		return xl, nil
	case "mt5-xl":
		xl.Vocab = 250_112
		return xl, nil
	case "ul2-20b":
		return Config{Width: 4096, MLP: 16384, Heads: 16, HeadDim: 256, EncoderLayers: 32, DecoderLayers: 32,
			Vocab: 32_128, ZLoss: 1e-4}.WithDefaults(), nil
	}
	return Config{}, fmt.Errorf("language model %q is none of ul2-3b, ul2-20b, t5-1.1-xl, mt5-xl", name)
}

// WithDefaults returns the config with the defaults of zero fields filled in.
func (c Config) WithDefaults() Config {
	if c.Activation == "" {
		c.Activation = block.GatedSiLU
	}
	if c.Buckets == 0 {
		c.Buckets = 32
	}
	if c.MaxDistance == 0 {
		c.MaxDistance = 128
	}
	return c
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	c = c.WithDefaults()
	for _, field := range []struct {
		name  string
		value int
	}{
		{"width", c.Width}, {"mlp", c.MLP}, {"heads", c.Heads}, {"head_dim", c.HeadDim},
		{"encoder_layers", c.EncoderLayers}, {"decoder_layers", c.DecoderLayers}, {"vocab", c.Vocab},
	} {
		if field.value < 1 {
			return fmt.Errorf("language model: %s is %d, want 1 or more", field.name, field.value)
		}
	}
	if c.Buckets < 4 || c.Buckets%4 != 0 || c.MaxDistance <= c.Buckets/2 {
		return fmt.Errorf("language model: %d buckets for distances up to %d; want a multiple of 4 below twice the distance", c.Buckets, c.MaxDistance)
	}
	if c.Dropout < 0 || c.Dropout >= 1 {
		return fmt.Errorf("language model: dropout %g; want 0 to below 1", c.Dropout)
	}
	if c.ZLoss < 0 || c.LabelSmoothing < 0 || c.LabelSmoothing >= 1 {
		return fmt.Errorf("language model: z_loss %g and label_smoothing %g; want z_loss from 0 on, label_smoothing from 0 to below 1", c.ZLoss, c.LabelSmoothing)
	}
	return c.Activation.Validate()
}
