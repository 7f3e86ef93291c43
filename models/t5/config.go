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
	// MLP is the hidden width of the feed-forward layers, d_ff. Required. Legal: 1 and above.
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
	// Activation of the feed-forward layers, as transformers names it. Default: gated-silu. Legal:
	// gated-silu (UL2), gated-gelu (T5 1.1, mT5, umT5), relu (T5 1.0), gelu (exact), gelu_new (tanh
	// form), silu, gated-relu, gated-gelu_python (exact).
	Activation block.Activation `yaml:"activation" json:"activation"`
	// Tied uses the token embeddings as output weights, as T5 1.0 does.
	Tied bool `yaml:"tied" json:"tied"`
	// LogitScale multiplies the logits. Default: 1/sqrt(width) if tied, none otherwise. Legal:
	// 1/sqrt(width), none.
	LogitScale LogitScale `yaml:"logit_scale,omitempty" json:"logit_scale,omitempty"`
	// LayerBias gives every self-attention its own relative bias table, as umT5 does.
	LayerBias bool `yaml:"layer_bias" json:"layer_bias"`
	// Buckets of the relative position bias. Default: 32. Legal: 4 and above, below twice
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

// LogitScale is the factor of the logits.
type LogitScale string

// The scales. T5 1.0 keeps the logits of its tied embeddings small by the first (mesh_tensorflow
// transformer/transformer.py); transformers' mT5 never scales.
const (
	RootOfWidth LogitScale = "1/sqrt(width)"
	NoScale     LogitScale = "none"
)

// scalesLogits reports whether the logits are multiplied by 1/sqrt(Width).
func (c Config) scalesLogits() bool {
	return c.LogitScale == RootOfWidth || c.LogitScale == "" && c.Tied
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
	if c.Buckets < 4 || c.MaxDistance <= c.Buckets/2 {
		return fmt.Errorf("language model: buckets is %d and max_distance %d; want 4 buckets or more, and a distance above half of them", c.Buckets, c.MaxDistance)
	}
	if c.Dropout < 0 || c.Dropout >= 1 {
		return fmt.Errorf("language model: dropout %g; want 0 to below 1", c.Dropout)
	}
	if c.ZLoss < 0 || c.LabelSmoothing < 0 || c.LabelSmoothing >= 1 {
		return fmt.Errorf("language model: z_loss %g and label_smoothing %g; want z_loss from 0 on, label_smoothing from 0 to below 1", c.ZLoss, c.LabelSmoothing)
	}
	if c.LogitScale != "" && c.LogitScale != RootOfWidth && c.LogitScale != NoScale {
		return fmt.Errorf("language model: logit_scale is %q; legal are %s and %s", string(c.LogitScale), RootOfWidth, NoScale)
	}
	if err := c.Activation.Validate(); err != nil {
		return fmt.Errorf("language model: %w", err)
	}
	return nil
}
