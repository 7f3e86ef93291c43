// Package paligemma is PaliGemma 1 and 2 (arXiv 2407.07726, 2412.03555), the open relative of
// PaLI-3 whose weights are public. SigLIP's image encoder turns images into tokens, a linear
// projection maps them to the width of Gemma, and Gemma reads them before the prompt and writes the
// answer.
//
//	images ─ vit ─ [B, T, Wv] ─ projection ─ [B, T, W] ┐
//	prompt ids ─ embedding · sqrt(W) ─────── [B, Le, W] ├ concatenate ─ decoder ─ logits
//	answer ids ─ embedding · sqrt(W) ─────── [B, Ld-1, W] ┘
//
// Images and prompt are a prefix: its tokens attend to each other in both directions. The answer is
// causal, and the loss is on the answer alone. The last token of the prompt predicts the first id
// of the answer. Image tokens are not multiplied by sqrt(W) (big_vision
// models/proj/paligemma/paligemma.py; transformers models/paligemma/modeling_paligemma.py).
//
// A prompt is the ids of "<bos>", a text and "\n", in which the text and the line break are encoded
// separately (big_vision pp/proj/paligemma/ops.py). Package tokenize adds both, with the frame
// "paligemma"; this package sees only ids. Ids of 0 are padding, anywhere in the prompt. Padding
// and images that an example lacks take no positions, so an example has the same results in every
// batch.
//
// Several images of an example are encoded one by one, and their tokens are concatenated without a
// separator.
//
// Names of weights begin with "vision_model", as in SiglipModel, "multi_modal_projector" and
// "language_model". [HubName] gives the names that files of transformers have.
package paligemma

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/gemma"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

// Config is the shape of the model.
type Config struct {
	// Vision is the image encoder. Required.
	Vision vit.Config `yaml:"image" json:"vision"`
	// Language is the decoder, with its loss. Required.
	Language gemma.Config `yaml:"language" json:"language"`
	// RandomProjection draws the projection so that image tokens begin with the variance of text
	// tokens. The default is zeros, as PaliGemma has it. The RMS norm at the decoder's start makes
	// the gradient of a zero token a thousand times too large, which matters if gradients are
	// clipped by their common norm.
	RandomProjection bool `yaml:"random_projection" json:"random_projection"`
	// MeanByExample averages the loss over the targets of each example first, then over examples,
	// as big_vision trains PaliGemma. The default is the mean over all targets, as in transformers.
	MeanByExample bool `yaml:"mean_by_example" json:"mean_by_example"`
}

const (
	visionPrefix     = "vision_model"
	projectionPrefix = "multi_modal_projector"
	languagePrefix   = "language_model"
)

// languages are the published sizes and the language model of each.
var languages = []struct{ size, language string }{
	{"paligemma-3b", "gemma-2b"}, {"paligemma2-3b", "gemma2-2b"}, {"paligemma2-10b", "gemma2-9b"}, {"paligemma2-28b", "gemma2-27b"},
}

// Variants lists the published models: a size and the side of an image in pixels.
func Variants() (all []string) {
	for _, l := range languages {
		for _, side := range []int{224, 448, 896} {
			all = append(all, fmt.Sprintf("%s-%d", l.size, side))
		}
	}
	return all
}

// vocabulary is the number of rows of the published embedding tables: Gemma's 256,000 pieces, 1,024
// locations, 128 codes of segmentation masks, and 64 that transformers' conversion added.
const vocabulary = 256_000 + 1024 + 128 + 64

// Variant returns a published model by name, such as "paligemma2-3b-448": see [Variants].
func Variant(name string) (Config, error) {
	cut := strings.LastIndex(name, "-")
	if cut < 0 || !slices.Contains(Variants(), name) {
		return Config{}, fmt.Errorf("model %q is none of %s", name, strings.Join(Variants(), ", "))
	}
	vision, err := vit.Variant("So400m/14")
	if err != nil {
		return Config{}, err
	}
	var side int
	if _, err := fmt.Sscan(name[cut+1:], &side); err != nil {
		return Config{}, err
	}
	vision.Image = vit.Side(side)
	c := Config{Vision: vision}
	for _, l := range languages {
		if l.size == name[:cut] {
			c.Language, err = gemma.Variant(l.language)
		}
	}
	c.Language.Vocab = vocabulary
	return c, err
}

// Validate returns an error that names the first invalid field.
func (c Config) Validate() error {
	if err := c.Vision.Validate(); err != nil {
		return err
	}
	if c.Vision.NaFlex > 0 || c.Vision.Pool == "tok" {
		return errors.New("image encoder: naflex and pool: tok are not for a paligemma, which reads the tokens of a fixed grid")
	}
	return c.Language.Validate()
}

// Inputs is a batch. It has Images or Tokens, or neither for text alone. Ids are int32.
type Inputs struct {
	// Images [B, N, H, W, 3], uint8 or float32 in [-1, 1]: N images per example.
	Images *Node
	// Tokens [B, N·T, Wv] are the image encoder's tokens for the examples' images.
	Tokens *Node
	// ImageMask [B, N], float32, is 0 for images that an example lacks. Default: all ones.
	ImageMask *Node
	// Prompt holds the prompts' ids [B, Le], 0 for padding.
	Prompt *Node
	// Decoder holds the targets shifted right by one [B, Ld]. The first id, 0, is not read: the
	// prompt's last token takes its place.
	Decoder *Node
	// Targets are the answers' ids [B, Ld], which end with an EOS and padding.
	Targets *Node
	// Weights of the targets in the loss, float32 [B, Ld]. Default: 1 for targets other than 0.
	Weights *Node
}

// Specs lists the weights, in the order in which data flows through them.
func Specs(be compute.Backend, c Config) ([]weights.Spec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return weights.Collect(be, func(s *weights.Scope) {
		VisualTokens(s, c, s.Input(dtypes.Float32, 1, 1, c.Vision.Image.Height, c.Vision.Image.Width, 3))
		tokens := s.Input(dtypes.Float32, 1, 1, c.Vision.Width) // one, as large images have thousands
		ids := s.Input(dtypes.Int32, 1, 2)
		Loss(s, c, Inputs{Tokens: tokens, Prompt: ids, Decoder: ids, Targets: ids})
	})
}

// Loss returns the cross entropy of the targets given images and prompts.
func Loss(s *weights.Scope, c Config, in Inputs) *Node {
	loss, _, _ := LossByExample(s, c, in)
	return loss
}

// LossByExample returns the [Loss] and, for each example [B], its sum and its count: the loss is
// the total of the sums divided by the total of the counts.
func LossByExample(s *weights.Scope, c Config, in Inputs) (loss, sums, counts *Node) {
	return c.loss(Logits(s, c, in), in.Targets, in.Weights)
}

// loss is the cross entropy of logits [B, Ld, V].
func (c Config) loss(logits, targets, weights *Node) (loss, sums, counts *Node) {
	loss, sums, counts = block.MeanCrossEntropy(logits, targets, weights, nil, c.Language.LabelSmoothing, c.Language.ZLoss)
	if c.MeanByExample {
		sums = Div(sums, MaxScalar(counts, 1e-9))
		counts = ConvertDType(GreaterThan(counts, ZerosLike(counts)), dtypes.Float32)
		loss = Div(ReduceAllSum(sums), MaxScalar(ReduceAllSum(counts), 1))
	}
	return loss, sums, counts
}

// Logits returns the score of every id for each target: [B, Ld, V].
func Logits(s *weights.Scope, c Config, in Inputs) *Node {
	x, positions := prefix(s, c, in)
	length := x.Shape().Dimensions[1]
	language := s.In(languagePrefix)
	seq := gemma.Sequence{Positions: positions, Prefix: length}
	if in.Decoder.Shape().Dimensions[1] > 1 {
		said := SliceAxis(in.Decoder, 1, AxisRange(1))
		x = Concatenate([]*Node{x, gemma.Embed(language, c.Language, said)}, 1)
		seq.Positions = Concatenate([]*Node{positions, after(positions, said)}, 1)
	}
	hidden, _ := gemma.Decode(language, c.Language, x, seq)
	found := InsertAxes(last(SliceAxis(hidden, 1, AxisRange(0, length)), positions), 1)
	if hidden.Shape().Dimensions[1] > length {
		found = Concatenate([]*Node{found, SliceAxis(hidden, 1, AxisRange(length))}, 1)
	}
	return gemma.Logits(language, c.Language, found)
}

// prefix returns the embedded images and prompt [B, Lp, W], with Lp = N·T+Le, and their positions
// [B, Lp].
func prefix(s *weights.Scope, c Config, in Inputs) (x, positions *Node) {
	x = gemma.Embed(s.In(languagePrefix), c.Language, in.Prompt)
	mask := ConvertDType(block.NotPadding(in.Prompt), dtypes.Int32)
	tokens := in.Tokens
	if in.Images != nil {
		tokens = VisualTokens(s, c, in.Images)
	}
	if tokens != nil {
		x = Concatenate([]*Node{Project(s, c, tokens), x}, 1)
		mask = Concatenate([]*Node{visualMask(tokens, in.ImageMask), mask}, 1)
	}
	return x, Mul(CumSum(mask, 1), mask)
}

// VisualTokens runs the image encoder: images [B, N, H, W, 3] to [B, N·T, Wv], T tokens per image.
func VisualTokens(s *weights.Scope, c Config, images *Node) *Node {
	d := images.Shape().Dimensions
	each := vit.Encode(s.In(visionPrefix), c.Vision, Reshape(images, d[0]*d[1], d[2], d[3], d[4])).Encoded
	return Reshape(each, d[0], d[1]*c.Vision.Tokens(), c.Vision.Width)
}

// Project maps visual tokens [B, T, Wv] to the decoder's width: [B, T, W].
func Project(s *weights.Scope, c Config, tokens *Node) *Node {
	s = s.In(projectionPrefix, "linear")
	init := weights.Zeros()
	if c.RandomProjection {
		init = weights.FanInTruncated(c.Vision.Width)
	}
	return s.Note(block.Dense(s, tokens, c.Language.Width, init, weights.Zeros()))
}

// visualMask returns the int32 mask [B, N·T] of visual tokens: that of each image repeated for its
// tokens, or all ones without a mask of images.
func visualMask(tokens, images *Node) *Node {
	d := tokens.Shape().Dimensions
	if images == nil {
		return BroadcastToDims(Const(tokens.Graph(), int32(1)), d[0], d[1])
	}
	n := images.Shape().Dimensions[1]
	there := ConvertDType(GreaterThan(images, ZerosLike(images)), dtypes.Int32)
	return Reshape(BroadcastToDims(InsertAxes(there, -1), d[0], n, d[1]/n), d[0], d[1])
}

// after returns the positions of ids [B, L] that follow the given ones.
func after(positions, ids *Node) *Node {
	count := ReduceMax(positions, -1)
	return Add(InsertAxes(count, -1), OnePlus(Iota(ids.Graph(), ids.Shape(), 1)))
}

// last returns the hidden state of the token with the highest position: x [B, L, W] to [B, W].
func last(x, positions *Node) *Node {
	d := x.Shape().Dimensions
	rows := Iota(x.Graph(), positions.Shape(), 0)
	row := SliceAxis(rows, 1, AxisRange(0, 1))
	place := InsertAxes(ArgMax(positions, 1, dtypes.Int32), -1)
	return Reshape(Gather(x, Concatenate([]*Node{row, place}, 1)), d[0], d[2])
}
