// Package maskvae turns the mask of an object into 16 tokens and back: the vector-quantised
// autoencoder with which PaLI-3 and PaliGemma write segmentation masks as text, <seg000> to
// <seg127> after the four <loc> tokens of the object's box.
//
//	a mask, cut to its box: [B, 64, 64, 1] in [0, 1], made -1 to 1
//	  4 x  convolution 4x4, stride 2, ReLU     [B, 32, 32, 16] ... [B, 4, 4, 128]
//	  2 x  residual block                      [B, 4, 4, 128]
//	       convolution 1x1                     [B, 4, 4, 512]: Encode
//	       the nearest of 128 codes            [B, 16] ids:    Nearest
//	       the vectors of those codes          [B, 4, 4, 512]
//	       convolution 1x1, ReLU               [B, 4, 4, 128]
//	  2 x  residual block                      [B, 4, 4, 128]
//	  4 x  transposed convolution, ReLU        [B, 8, 8, 128] ... [B, 64, 64, 16]
//	       convolution 1x1                     [B, 64, 64]:    Decode, above 0 inside the object
//
// Most users need [Open], which loads the published weights, [Codec.Region], which writes a mask as
// tokens, and [Codec.Masks], which draws the masks of an answer; package tokenize parses answers.
// [Codec.Encode], [Codec.Decode], [Config.Crop] and [Config.Paste] are their steps. [Loss] trains
// such a network.
//
// The network is that of "All in Tokens: Unifying Output Space of Visual Tasks via Soft Token"
// (arXiv 2301.02229, code SwinTransformer/AiT, vae/models/VQVAE.py). PaliGemma published weights
// that were trained on Open Images, vae-oid.npz (big_vision pp/proj/paligemma/segmentation.py and
// evaluators/proj/paligemma/transfers/segmentation.py). Names of weights are those of that file.
package maskvae

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// Config is the shape of the network and of its training.
type Config struct {
	// Image is the side of a mask in pixels. Default: 64; in recipes, what the image ops give.
	// Legal: a multiple of 2 to the power of downsamples, at most 4,096.
	Image int `yaml:"image" json:"image"`
	// Hidden is the number of channels after the first convolution; each further one doubles it.
	// Default: 16. Legal: 1 to 1,024.
	Hidden int `yaml:"hidden" json:"hidden"`
	// Downsamples is the number of convolutions that halve the image. Default: 4. Legal: 1 to 8.
	Downsamples int `yaml:"downsamples" json:"downsamples"`
	// Blocks is the number of residual blocks of the encoder, and of the decoder. Default: 2.
	// Legal: 0 to 64.
	Blocks int `yaml:"blocks" json:"blocks"`
	// Codes is the number of codes. Default: 128. Legal: 2 to 65,536.
	Codes int `yaml:"codes" json:"codes"`
	// CodeWidth is the width of a code's vector. Default: 512. Legal: 1 to 65,536.
	CodeWidth int `yaml:"code_width" json:"code_width"`
	// Codebook is how training moves the codes: by an exponential moving average of the features
	// nearest to them (ema), or by the gradient of the distance to those (loss). Default: ema; in
	// recipes loss, which alone they can train. Legal: ema, loss.
	Codebook Codebook `yaml:"codebook" json:"codebook"`
	// Decay of the moving average of the codes. Default: 0.99. Legal: 0 to 1, without 1.
	Decay float64 `yaml:"decay" json:"decay"`
	// Commitment is the weight of the commitment loss. Default: 0.25. Legal: 0 and above.
	Commitment float64 `yaml:"commitment" json:"commitment"`
}

// Codebook is a rule that moves the codes in training.
type Codebook string

// The two rules, VectorQuantizerEMA and VectorQuantizer in AiT's VQVAE.py.
const (
	EMA          Codebook = "ema"
	CodebookLoss Codebook = "loss"
)

// Default returns the published configuration (AiT vae/configs/insseg/ait_insseg_vqvae.py and the
// defaults of its VQVAE.py), which is also that of PaliGemma's weights.
func Default() Config {
	return Config{
		Image: 64, Hidden: 16, Downsamples: 4, Blocks: 2, Codes: 128, CodeWidth: 512,
		Codebook: EMA, Decay: 0.99, Commitment: 0.25,
	}
}

// The largest configuration, which keeps a hostile one from asking for absurd sizes.
const (
	maxImage       = 1 << 12
	maxHidden      = 1 << 10
	maxDownsamples = 8
	maxBlocks      = 64
	maxCodes       = 1 << 16
)

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	for _, field := range []struct {
		name            string
		value, from, to int
	}{
		{"image", c.Image, 1, maxImage}, {"hidden", c.Hidden, 1, maxHidden}, {"downsamples", c.Downsamples, 1, maxDownsamples},
		{"blocks", c.Blocks, 0, maxBlocks}, {"codes", c.Codes, 2, maxCodes}, {"code_width", c.CodeWidth, 1, maxCodes},
	} {
		if field.value < field.from || field.value > field.to {
			return fmt.Errorf("mask VQ-VAE: %s is %d, want %d to %d", field.name, field.value, field.from, field.to)
		}
	}
	switch {
	case c.widest() > 1<<14:
		return fmt.Errorf("mask VQ-VAE: hidden %d and downsamples %d make %d channels, want at most %d",
			c.Hidden, c.Downsamples, c.widest(), 1<<14)
	case c.Image%(1<<c.Downsamples) != 0:
		return fmt.Errorf("mask VQ-VAE: image %d is not a multiple of %d, which %d convolutions of stride 2 need",
			c.Image, 1<<c.Downsamples, c.Downsamples)
	case c.Codebook != EMA && c.Codebook != CodebookLoss:
		return fmt.Errorf("mask VQ-VAE: codebook %q is neither %q nor %q", c.Codebook, EMA, CodebookLoss)
	case !(c.Decay >= 0 && c.Decay < 1):
		return fmt.Errorf("mask VQ-VAE: decay is %g, want 0 or more and less than 1", c.Decay)
	case !(c.Commitment >= 0) || math.IsInf(c.Commitment, 1):
		return fmt.Errorf("mask VQ-VAE: commitment is %g, want 0 or more", c.Commitment)
	}
	return nil
}

// Grid returns the side of the grid of codes: 4.
func (c Config) Grid() int { return c.Image >> c.Downsamples }

// Tokens returns the number of codes of a mask: 16.
func (c Config) Tokens() int { return c.Grid() * c.Grid() }

// widest is the number of channels between the last convolution of stride 2 and the first
// transposed one: 128.
func (c Config) widest() int { return c.Hidden << (c.Downsamples - 1) }

// Specs lists the weights: encoder, codes, decoder.
func Specs(be compute.Backend, c Config) ([]weights.Spec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return weights.Collect(be, func(s *weights.Scope) {
		features := Encode(s, c, s.Input(dtypes.Float32, 1, c.Image, c.Image, 1))
		Decode(s, c, Nearest(s, c, features))
	})
}

// halving is the convolution that halves an image's side; its transpose doubles it.
var halving = block.Window{Side: 4, Stride: 2, Padding: 1}

// Encode turns masks [B, S, S, 1] or [B, S, S] with values in [0, 1] into features [B, G, G, D],
// with S = Config.Image, G = Config.Grid() and D = Config.CodeWidth.
func Encode(s *weights.Scope, c Config, masks *Node) *Node {
	s = s.In("encoder")
	x := plusMinus(Reshape(masks, -1, c.Image, c.Image, 1))
	for i := range c.Downsamples {
		layer := s.In(2 * i)
		x = layer.Note(block.ReLU(conv(layer, x, c.Hidden<<i, halving)))
	}
	for i := range c.Blocks {
		layer := s.In(2*c.Downsamples + i)
		x = layer.Note(residual(layer.In("net"), x))
	}
	last := s.In(2*c.Downsamples + c.Blocks)
	return last.Note(conv(last, x, c.CodeWidth, pointwise))
}

// plusMinus converts values in [0, 1] to [-1, 1].
func plusMinus(x *Node) *Node { return MulScalar(AddScalar(x, -0.5), 2) }

// Nearest returns the ids [B, G·G], int32, of the codes nearest to features [B, G, G, D] by the
// Euclidean distance, row by row. Of codes at the same distance it takes the first.
func Nearest(s *weights.Scope, c Config, features *Node) *Node {
	rows := Reshape(features, -1, c.CodeWidth)
	codes := codes(s, c)
	// The squares of the rows change no order, but the rounding of the reference includes them.
	distances := Sub(
		Add(ReduceAndKeep(Square(rows), ReduceSum, -1), InsertAxes(ReduceSum(Square(codes), -1), 0)),
		MulScalar(DotGeneral(rows, []int{1}, nil, codes, []int{1}, nil), 2))
	return Reshape(ArgMin(distances, -1, dtypes.Int32), -1, c.Tokens())
}

// codes is the table of codes [K, D].
func codes(s *weights.Scope, c Config) *Node {
	init := weights.Normal(1)
	if c.Codebook == CodebookLoss {
		init = weights.Uniform(1 / float64(c.Codes))
	}
	return s.In("_vq_vae").Table("_embedding", c.Codes, c.CodeWidth, init)
}

// Decode turns ids [B, G·G], int32, each below Config.Codes, into masks [B, S, S]. Values are about
// -1 outside the object and 1 inside; a pixel belongs to the object where its value is above 0.
func Decode(s *weights.Scope, c Config, ids *Node) *Node {
	return reconstruct(s, c, vectors(s, c, ids), true)
}

// vectors looks up codes: ids [B, G·G] to [B, G, G, D].
func vectors(s *weights.Scope, c Config, ids *Node) *Node {
	return Reshape(block.Embed(codes(s, c), ids), -1, c.Grid(), c.Grid(), c.CodeWidth)
}

// reconstruct is the decoder, from vectors [B, G, G, D] to masks [B, S, S]. It notes the output of
// each layer if note is true: a graph can note one use of the decoder.
func reconstruct(s *weights.Scope, c Config, x *Node, note bool) *Node {
	s = s.In("decoder")
	noted := func(layer int, x *Node) *Node {
		if note {
			s.In(layer).Note(x)
		}
		return x
	}
	x = noted(0, block.ReLU(conv(s.In(0), x, c.widest(), pointwise)))
	for i := range c.Blocks {
		x = noted(2+i, residual(s.In(2+i, "net"), x))
	}
	for i := range c.Downsamples {
		layer := 2 + c.Blocks + 2*i
		x = noted(layer, block.ReLU(convTranspose(s.In(layer), x, c.widest()>>i)))
	}
	last := 2 + c.Blocks + 2*c.Downsamples
	return Reshape(noted(last, conv(s.In(last), x, 1, pointwise)), -1, c.Image, c.Image)
}

// The windows of a residual block and of the convolutions at single pixels.
var (
	neighbours = block.Window{Side: 3, Stride: 1, Padding: 1}
	pointwise  = block.Window{Side: 1, Stride: 1}
)

// residual adds three convolutions of x to x, with a ReLU after the first and the second.
func residual(s *weights.Scope, x *Node) *Node {
	channels := x.Shape().Dimensions[3]
	y := block.ReLU(conv(s.In(0), x, channels, neighbours))
	y = block.ReLU(conv(s.In(2), y, channels, neighbours))
	return Add(x, conv(s.In(4), y, channels, pointwise))
}

// conv is a convolution with torch's initial weights: uniform within 1/sqrt(inputs of an output),
// the bias too (torch.nn.Conv2d, reset_parameters).
func conv(s *weights.Scope, x *Node, out int, w block.Window) *Node {
	init := weights.Uniform(1 / math.Sqrt(float64(w.Side*w.Side*x.Shape().Dimensions[3])))
	return block.Conv(s, x, out, w, init, init)
}

// convTranspose doubles the side of x. Torch takes the outputs for the inputs in the initial
// weights of a transposed convolution.
func convTranspose(s *weights.Scope, x *Node, out int) *Node {
	init := weights.Uniform(1 / math.Sqrt(float64(halving.Side*halving.Side*out)))
	return block.ConvTranspose(s, x, out, halving, init, init)
}
