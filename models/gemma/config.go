package gemma

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/family"
)

// Config is the shape of a Gemma 1 or 2, and of its loss.
type Config struct {
	// Width of the tokens. Required. Legal: 1 and above.
	Width int `yaml:"width" json:"width"`
	// Depth is the number of blocks. Required. Legal: 1 and above.
	Depth int `yaml:"depth" json:"depth"`
	// MLP is the hidden width of the gated perceptrons. Required. Legal: 1 and above.
	MLP int `yaml:"mlp" json:"mlp"`
	// Heads of the queries. Required. Legal: 1 and above.
	Heads int `yaml:"heads" json:"heads"`
	// KVHeads is the number of heads of keys and values. Groups of query heads share one. Default:
	// heads. Legal: a divisor of heads.
	KVHeads int `yaml:"kv_heads" json:"kv_heads"`
	// HeadDim is the width of each head. Heads times head_dim need not be the width. Default: 256.
	// Legal: even numbers, 2 and above.
	HeadDim int `yaml:"head_dim" json:"head_dim"`
	// Vocab is the number of token ids, padding included. Default: the tokenizer's.
	Vocab int `yaml:"vocab" json:"vocab"`
	// QueryScalar divides scores by its square root. Default: head_dim. Gemma 2 27B has width /
	// heads.
	QueryScalar float64 `yaml:"query_scalar" json:"query_scalar"`
	// PostNorms adds norms after attention and after the perceptron, as Gemma 2 does.
	PostNorms bool `yaml:"post_norms" json:"post_norms"`
	// AttentionSoftcap bounds attention scores by softcap·tanh(scores/softcap). Gemma 2 has 50.
	// Default: 0, no bound.
	AttentionSoftcap float64 `yaml:"attention_softcap" json:"attention_softcap"`
	// LogitSoftcap bounds logits in the same way. Gemma 2 has 30. Default: 0, no bound.
	LogitSoftcap float64 `yaml:"logit_softcap" json:"logit_softcap"`
	// Window is how many positions, its own included, a token of a causal part attends back to in
	// blocks 0, 2, 4 and so on. The other blocks have no limit. Gemma 2 has 4096. Default: 0, no
	// limit.
	Window int `yaml:"window" json:"window"`
	// RotaryBase is the base of the rotary embeddings' wavelengths. Default: 10000. Legal: above 1.
	RotaryBase float64 `yaml:"rotary_base" json:"rotary_base"`
	// ZLoss is the weight of the squared log-normaliser in the loss. Default: 0. Legal: 0 and
	// above.
	ZLoss float64 `yaml:"z_loss" json:"z_loss"`
	// LabelSmoothing is the probability spread over the tokens that are not the target. Default: 0.
	// Legal: 0 to below 1.
	LabelSmoothing float64 `yaml:"label_smoothing" json:"label_smoothing"`
	// Dropout is the probability by which features of every residual branch are set to 0 in
	// training. Default: 0. Legal: 0 to below 1.
	Dropout float64 `yaml:"dropout" json:"dropout"`
}

// variants are the shapes of big_vision's models/ppp/gemma.py, get_config.
var variants = map[string]Config{
	"gemma-2b":   {Width: 2048, Depth: 18, MLP: 16384, Heads: 8, KVHeads: 1},
	"gemma-7b":   {Width: 3072, Depth: 28, MLP: 24576, Heads: 16, KVHeads: 16},
	"gemma2-2b":  gemma2(Config{Width: 2304, Depth: 26, MLP: 9216, Heads: 8, KVHeads: 4}),
	"gemma2-9b":  gemma2(Config{Width: 3584, Depth: 42, MLP: 14336, Heads: 16, KVHeads: 8}),
	"gemma2-27b": gemma2(Config{Width: 4608, Depth: 46, MLP: 36864, Heads: 32, KVHeads: 16, HeadDim: 128, QueryScalar: 4608 / 32}),
}

func gemma2(c Config) Config {
	c.PostNorms, c.AttentionSoftcap, c.LogitSoftcap, c.Window = true, 50, 30, 4096
	return c
}

// Variant returns a published shape by name: gemma-2b, gemma-7b, gemma2-2b, gemma2-9b or
// gemma2-27b, with Gemma's 256,000 pieces.
func Variant(name string) (Config, error) {
	c, known := variants[name]
	if !known {
		legal := slices.Sorted(maps.Keys(variants))
		return Config{}, fmt.Errorf("language model %q is none of %s", name, strings.Join(legal, ", "))
	}
	c.Vocab = 256_000
	return c.WithDefaults(), nil
}

// WithDefaults returns the config with the defaults of zero fields filled in.
func (c Config) WithDefaults() Config {
	if c.KVHeads == 0 {
		c.KVHeads = c.Heads
	}
	if c.HeadDim == 0 {
		c.HeadDim = 256
	}
	if c.QueryScalar == 0 {
		c.QueryScalar = float64(c.HeadDim)
	}
	if c.RotaryBase == 0 {
		c.RotaryBase = 10_000
	}
	return c
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	c = c.WithDefaults()
	for _, field := range []struct {
		name         string
		value, least int
	}{
		{"width", c.Width, 1}, {"depth", c.Depth, 1}, {"mlp", c.MLP, 1}, {"heads", c.Heads, 1},
		{"kv_heads", c.KVHeads, 1}, {"head_dim", c.HeadDim, 2}, {"vocab", c.Vocab, 1}, {"window", c.Window, 0},
	} {
		if field.value < field.least {
			return fmt.Errorf("language model: %s is %d, want %d or more", field.name, field.value, field.least)
		}
	}
	for _, field := range []struct {
		name  string
		value float64
	}{
		{"query_scalar", c.QueryScalar}, {"attention_softcap", c.AttentionSoftcap},
		{"logit_softcap", c.LogitSoftcap}, {"z_loss", c.ZLoss},
	} {
		if !(field.value >= 0) {
			return fmt.Errorf("language model: %s is %g, want 0 or more", field.name, field.value)
		}
	}
	switch {
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("language model: heads %d is not a multiple of kv_heads %d", c.Heads, c.KVHeads)
	case c.HeadDim%2 != 0:
		return fmt.Errorf("language model: head_dim is %d; rotary embeddings need an even number", c.HeadDim)
	case !(c.RotaryBase > 1):
		return fmt.Errorf("language model: rotary_base is %g, want more than 1", c.RotaryBase)
	case !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1):
		return fmt.Errorf("language model: label_smoothing is %g, want 0 to below 1", c.LabelSmoothing)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("language model: dropout is %g, want 0 to below 1", c.Dropout)
	}
	return nil
}

// Parts describes a decoder that reads a prefix and writes an answer, in tokens. Its weights begin
// with name. The embedding table, which also scores the output, is a part by itself.
func (c Config) Parts(name string, read, written int) []family.Part {
	c = c.WithDefaults()
	length := read + written
	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	flops := 2*family.Product(length, c.Width, queries) + 2*family.Product(length, c.Width, keys) +
		family.Scores(length, length, queries) + 3*family.Product(length, c.Width, c.MLP)
	n := int64(length)
	kept := n*int64(5*c.Width+4*queries+3*keys+4*c.MLP) + 4*int64(c.Heads)*n*n
	return []family.Part{
		{
			Name: name + ".embed_tokens", Tokens: length,
			ForwardFLOPs: family.Product(written, c.Width, c.Vocab), Activations: 3 * int64(written) * int64(c.Vocab),
		},
		{
			Name: name, Tokens: length,
			ForwardFLOPs: int64(c.Depth) * flops, Activations: int64(c.Depth) * kept,
		},
	}
}
