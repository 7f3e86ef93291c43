package t5gemma2

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/models/vit"
)

// Config is the shape of the model, and of its loss.
type Config struct {
	// Vision is the image encoder. Required.
	Vision vit.Config `yaml:"image" json:"vision"`
	// Pool is the side, in patches, of the squares over which the image encoder's tokens are
	// averaged: 4 makes 256 tokens of an image of 64 by 64 patches. Default: 4. Legal: 1 and
	// above, at most the patches of a side.
	Pool int `yaml:"pool" json:"pool"`
	// Width of the tokens of encoder and decoder. Required. Legal: 1 and above.
	Width int `yaml:"width" json:"width"`
	// Vocab is the number of token ids, padding included. Default: the tokenizer's.
	Vocab int `yaml:"vocab" json:"vocab"`
	// Encoder has the blocks that read images and prompt. Required.
	Encoder Tower `yaml:"encoder" json:"encoder"`
	// Decoder has the blocks that write the answer. Keys that it leaves out are those of the
	// encoder. Default: as the encoder.
	Decoder Tower `yaml:"decoder" json:"decoder"`
	// BOS is the id from which the decoder starts, the begin of sentence. Default: 2.
	BOS int `yaml:"bos" json:"bos"`
	// ImageToken is the id that transformers' processor writes for each token of an image. Prompts
	// of pali3 do not have it. The public weights have 256001. Default: 0, none.
	ImageToken int `yaml:"image_token" json:"image_token"`
	// ImageBegin is the id before the tokens of an image. The public weights have 255999. Default:
	// that of the tokenizer's piece <start_of_image>, or 0, none.
	ImageBegin int `yaml:"image_begin" json:"image_begin"`
	// ImageEnd is the id whose embedding is a weight of its own, not a row of the table. It
	// follows the tokens of an image. The public weights have 256000. Default: that of the
	// tokenizer's piece <end_of_image>, or 0, none.
	ImageEnd int `yaml:"image_end" json:"image_end"`
	// Paragraph is the id of two line breaks, which surround an image. Default: that of the
	// tokenizer's piece of two line breaks, or 0, none.
	Paragraph int `yaml:"paragraph" json:"paragraph"`
	// RandomProjection draws the projection and the end of image so that they begin with the
	// variance of text tokens. The default is zeros, as transformers has it. The RMS norm at the
	// encoder's start makes the gradient of a zero token a thousand times too large, which matters
	// if gradients are clipped by their common norm.
	RandomProjection bool `yaml:"random_projection" json:"random_projection"`
	// LogitSoftcap bounds logits by softcap·tanh(logits/softcap). Default: 0, no bound.
	LogitSoftcap float64 `yaml:"logit_softcap" json:"logit_softcap"`
	// ZLoss is the weight of the squared log-normaliser in the loss. Default: 0. Legal: 0 and
	// above.
	ZLoss float64 `yaml:"z_loss" json:"z_loss"`
	// LabelSmoothing is the probability spread over the tokens that are not the target. Default:
	// 0. Legal: 0 to below 1.
	LabelSmoothing float64 `yaml:"label_smoothing" json:"label_smoothing"`
	// Dropout is the probability by which features are set to 0 in training: after the embeddings,
	// on every residual branch, in the hidden layers of the perceptrons, and after the final
	// norms. Default: 0. Legal: 0 to below 1.
	Dropout float64 `yaml:"dropout" json:"dropout"`
}

// Tower is the shape of the encoder's or the decoder's blocks.
type Tower struct {
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
	// QueryScalar divides scores by its square root. Default: head_dim.
	QueryScalar float64 `yaml:"query_scalar" json:"query_scalar"`
	// Window is how many positions a token of a local block attends to. In the decoder they are
	// its own and those before it. In the encoder they are half before and half after it. Default:
	// 0, no limit.
	Window int `yaml:"window" json:"window"`
	// GlobalEvery says which blocks are global: 6 is every sixth, the first of them block 5,
	// counted from 0. The others are local. Default: 6. Legal: 1 and above.
	GlobalEvery int `yaml:"global_every" json:"global_every"`
	// RotaryBase is the base of the rotary embeddings' wavelengths in global blocks. Default:
	// 1000000. Legal: above 1.
	RotaryBase float64 `yaml:"rotary_base" json:"rotary_base"`
	// RotaryFactor divides positions in global blocks. The public weights have 8. Default: 1.
	// Legal: 1 and above.
	RotaryFactor float64 `yaml:"rotary_factor" json:"rotary_factor"`
	// LocalRotaryBase is the base in local blocks. Default: 10000. Legal: above 1.
	LocalRotaryBase float64 `yaml:"local_rotary_base" json:"local_rotary_base"`
}

// sizes are the published models (arXiv 2512.14856): the stacks of Gemma 3 in both halves, whose
// global blocks read positions divided by 8.
var sizes = []struct {
	name  string
	width int
	stack Tower
}{
	{"t5gemma2-270m-270m", 640, Tower{Depth: 18, MLP: 2048, Heads: 4, KVHeads: 1, Window: 512, RotaryFactor: 8}},
	{"t5gemma2-1b-1b", 1152, Tower{Depth: 26, MLP: 6912, Heads: 4, KVHeads: 1, Window: 512, RotaryFactor: 8}},
	{"t5gemma2-4b-4b", 2560, Tower{Depth: 34, MLP: 10240, Heads: 8, KVHeads: 4, Window: 1024, RotaryFactor: 8}},
}

// Variants lists the published models.
func Variants() (all []string) {
	for _, size := range sizes {
		all = append(all, size.name)
	}
	return all
}

// Variant returns a published model by name: t5gemma2-270m-270m, t5gemma2-1b-1b or t5gemma2-4b-4b.
// All have the same image encoder, So400m/14 at 896 pixels, and Gemma 3's 262,144 pieces.
func Variant(name string) (Config, error) {
	i := slices.Index(Variants(), name)
	if i < 0 {
		return Config{}, fmt.Errorf("model %q is none of %s", name, strings.Join(Variants(), ", "))
	}
	vision, err := vit.Variant("So400m/14")
	if err != nil {
		return Config{}, err
	}
	vision.Image = vit.Side(896)
	c := Config{Vision: vision, Width: sizes[i].width, Vocab: 262_144, Encoder: sizes[i].stack,
		ImageToken: 256_001, ImageBegin: gemmaImageBegin, ImageEnd: 256_000, Paragraph: gemmaParagraph}
	return c.WithDefaults(), nil
}

// Ids of Gemma 3's tokenizer: <start_of_image> and two line breaks.
const (
	gemmaImageBegin = 255_999
	gemmaParagraph  = 108
)

// WithDefaults returns the config with the defaults of zero fields filled in.
func (c Config) WithDefaults() Config {
	orElse(&c.Pool, 4)
	orElse(&c.BOS, 2)
	c.Decoder = c.Decoder.orElse(c.Encoder).withDefaults()
	c.Encoder = c.Encoder.withDefaults()
	return c
}

// orElse returns the stack with the other's values in fields that are zero.
func (k Tower) orElse(other Tower) Tower {
	orElse(&k.Depth, other.Depth)
	orElse(&k.MLP, other.MLP)
	if k.Heads == 0 {
		k.Heads = other.Heads
		orElse(&k.KVHeads, other.KVHeads)
	}
	if k.HeadDim == 0 {
		k.HeadDim = other.HeadDim
		orElse(&k.QueryScalar, other.QueryScalar)
	}
	orElse(&k.Window, other.Window)
	orElse(&k.GlobalEvery, other.GlobalEvery)
	orElse(&k.RotaryBase, other.RotaryBase)
	orElse(&k.RotaryFactor, other.RotaryFactor)
	orElse(&k.LocalRotaryBase, other.LocalRotaryBase)
	return k
}

func (k Tower) withDefaults() Tower {
	orElse(&k.KVHeads, k.Heads)
	orElse(&k.HeadDim, 256)
	orElse(&k.QueryScalar, float64(k.HeadDim))
	orElse(&k.GlobalEvery, 6)
	orElse(&k.RotaryBase, 1_000_000)
	orElse(&k.RotaryFactor, 1)
	orElse(&k.LocalRotaryBase, 10_000)
	if k.GlobalEvery == 1 {
		k.Window = 0 // no block has it
	}
	return k
}

// orElse sets a value that is zero to another.
func orElse[T int | float64](value *T, other T) {
	if *value == 0 {
		*value = other
	}
}

// isGlobal reports whether a block has no window.
func (k Tower) isGlobal(block int) bool { return (block+1)%k.GlobalEvery == 0 }

// tokens is the number of rows and columns of an image's tokens after pooling.
func (c Config) tokens() (rows, columns int) {
	rows, columns = c.Vision.Grid()
	return rows / c.Pool, columns / c.Pool
}

// Tokens is the number of tokens of an image.
func (c Config) Tokens() int {
	rows, columns := c.WithDefaults().tokens()
	return rows * columns
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	if err := c.Vision.Validate(); err != nil {
		return err
	}
	if c.Vision.NaFlex > 0 || c.Vision.Pool == "tok" {
		return errors.New("image encoder: naflex and pool: tok are not for a t5gemma2, which reads the tokens of a fixed grid")
	}
	c = c.WithDefaults()
	if rows, columns := c.Vision.Grid(); c.Pool < 1 || c.Pool > min(rows, columns) {
		return fmt.Errorf("pool is %d; legal are 1 to %d, the patches of a side", c.Pool, min(rows, columns))
	}
	return c.validateText()
}

// validateText checks all but the image encoder.
func (c Config) validateText() error {
	for _, field := range []struct {
		name         string
		value, least int
	}{
		{"width", c.Width, 1}, {"vocab", c.Vocab, 1}, {"bos", c.BOS, 1}, {"image_token", c.ImageToken, 0},
		{"image_begin", c.ImageBegin, 0}, {"image_end", c.ImageEnd, 0}, {"paragraph", c.Paragraph, 0},
	} {
		if field.value < field.least {
			return fmt.Errorf("%s is %d, want %d or more", field.name, field.value, field.least)
		}
	}
	for _, field := range []struct {
		name  string
		value int
	}{{"bos", c.BOS}, {"image_begin", c.ImageBegin}, {"paragraph", c.Paragraph}} {
		if field.value >= c.Vocab {
			return fmt.Errorf("%s is %d; legal are the %d ids below %d", field.name, field.value, c.Vocab, c.Vocab)
		}
	}
	switch {
	case !(c.LogitSoftcap >= 0):
		return fmt.Errorf("logit_softcap is %g, want 0 or more", c.LogitSoftcap)
	case !(c.ZLoss >= 0):
		return fmt.Errorf("z_loss is %g, want 0 or more", c.ZLoss)
	case !(c.LabelSmoothing >= 0 && c.LabelSmoothing < 1):
		return fmt.Errorf("label_smoothing is %g, want 0 to below 1", c.LabelSmoothing)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("dropout is %g, want 0 to below 1", c.Dropout)
	}
	if err := c.Encoder.validate(); err != nil {
		return fmt.Errorf("encoder: %w", err)
	}
	if err := c.Decoder.validate(); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	return nil
}

func (k Tower) validate() error {
	for _, field := range []struct {
		name         string
		value, least int
	}{
		{"depth", k.Depth, 1}, {"mlp", k.MLP, 1}, {"heads", k.Heads, 1}, {"kv_heads", k.KVHeads, 1},
		{"head_dim", k.HeadDim, 2}, {"window", k.Window, 0}, {"global_every", k.GlobalEvery, 1},
	} {
		if field.value < field.least {
			return fmt.Errorf("%s is %d, want %d or more", field.name, field.value, field.least)
		}
	}
	switch {
	case k.Heads%k.KVHeads != 0:
		return fmt.Errorf("heads %d is not a multiple of kv_heads %d", k.Heads, k.KVHeads)
	case k.HeadDim%2 != 0:
		return fmt.Errorf("head_dim is %d; rotary embeddings need an even number", k.HeadDim)
	case !(k.QueryScalar > 0):
		return fmt.Errorf("query_scalar is %g, want more than 0", k.QueryScalar)
	case !(k.RotaryBase > 1):
		return fmt.Errorf("rotary_base is %g, want more than 1", k.RotaryBase)
	case !(k.LocalRotaryBase > 1):
		return fmt.Errorf("local_rotary_base is %g, want more than 1", k.LocalRotaryBase)
	case !(k.RotaryFactor >= 1):
		return fmt.Errorf("rotary_factor is %g, want 1 or more", k.RotaryFactor)
	}
	return nil
}
