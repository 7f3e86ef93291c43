// Package t5gemma2 is T5Gemma 2 (arXiv 2512.14856), the public model nearest to PaLI-3: SigLIP's
// image encoder turns images into tokens, an encoder made of Gemma 3 reads them with the prompt in
// both directions, and a decoder made of Gemma 3 writes the answer.
//
//	images ─ vit ─ average over squares ─ norm ─ projection ─ [B, T, W] ┐
//	prompt ids ─ embedding · sqrt(W) ───────────────────────── [B, Le, W] ┴ encoder ─ [B, T+Le, W]
//	answer ids ─ embedding · sqrt(W) ─ decoder, which also attends to the encoder's output ─ logits
//
// The blocks are Gemma 3's: norms before and after each sublayer that scale by 1 + weight, norms
// of queries and keys, rotary positions, query heads that share keys and values, perceptrons gated
// by GELU. Five of six blocks are local: they have a window and a rotary base of their own.
//
// A block of the decoder has one attention for both purposes, the merged attention. The keys and
// values of the answer's tokens and those of the encoder's output, by the same projections, are in
// one softmax. Keys of the encoder's output have no rotary position, and the window does not limit
// them (transformers models/t5gemma2/modeling_t5gemma2.py).
//
// One table embeds the ids of prompt and answer and scores the output. The end of an image has an
// embedding of its own, which is not scaled.
//
// A prompt is the ids of "<bos>" and a text. Package tokenize adds the first, with the frame
// "gemma"; this package sees only ids. The model puts images between the two, each as
// transformers' processor writes it: two line breaks, the begin of image, its tokens, the end of
// image, and two line breaks. Ids of 0 are padding, anywhere in the prompt. Padding and images
// that an example lacks take no positions, so an example has the same results in every batch.
//
// Names of weights begin with "vision_model", as in SiglipModel, "multi_modal_projector",
// "embed_tokens", "encoder" and "decoder". [HubName] gives the names that files of transformers
// have.
package t5gemma2

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
)

const (
	visionPrefix     = "vision_model"
	projectionPrefix = "multi_modal_projector"
	tablePrefix      = "embed_tokens"
	encoderPrefix    = "encoder"
	decoderPrefix    = "decoder"
)

// Inputs is a batch. It has Images or Tokens, or neither for text alone. Ids are int32.
type Inputs struct {
	// Images [B, N, H, W, 3], uint8 or float32 in [-1, 1]: N images per example.
	Images *Node
	// Tokens [B, N·T, Wv] are the [VisualTokens] of the examples' images.
	Tokens *Node
	// ImageMask [B, N], float32, is 0 for images that an example lacks. Default: all ones.
	ImageMask *Node
	// Prompt holds the prompts' ids [B, Le], 0 for padding.
	Prompt *Node
	// Placeholders says that Prompt is what transformers' processor makes of text and images: it
	// has an id [Config.ImageToken] for each token of the batch's images, in their order. Then
	// padding takes positions, as there. By default images follow the begin of sentence.
	Placeholders bool
	// PromptMask [B, Le], float32, is 0 for padding. It is read with Placeholders only. Default: 0
	// for ids of 0.
	PromptMask *Node
	// Decoder holds the decoder's ids [B, Ld]: the begin of sentence, and the targets but for the
	// last.
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
		tokens := s.Input(dtypes.Float32, 1, 1, c.Vision.Width) // one, as large images have hundreds
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
	return block.MeanCrossEntropy(Logits(s, c, in), in.Targets, in.Weights, nil, c.LabelSmoothing, c.ZLoss)
}

// Logits returns the score of every id for each target: [B, Ld, V].
func Logits(s *weights.Scope, c Config, in Inputs) *Node {
	c = c.WithDefaults()
	read := sequenceOf(s, c, in)
	return logits(s, c, decode(s, c, in.Decoder, encode(s, c, read), read.mask))
}

// VisualTokens runs the image encoder and averages its tokens over squares: images [B, N, H, W, 3]
// to [B, N·T, Wv], T tokens per image.
func VisualTokens(s *weights.Scope, c Config, images *Node) *Node {
	c = c.WithDefaults()
	d := images.Shape().Dimensions
	x := vit.Encode(s.In(visionPrefix), c.Vision, Reshape(images, d[0]*d[1], d[2], d[3], d[4])).Encoded
	rows, columns := c.Vision.Grid()
	high, wide := c.tokens()
	x = Reshape(x, d[0]*d[1], rows, columns, c.Vision.Width)
	if high*c.Pool < rows || wide*c.Pool < columns { // what fills no square is dropped
		x = Slice(x, AxisRange(), AxisRange(0, high*c.Pool), AxisRange(0, wide*c.Pool))
	}
	x = ReduceMean(Reshape(x, d[0]*d[1]*high, c.Pool, wide, c.Pool, c.Vision.Width), 1, 3)
	return Reshape(x, d[0], d[1]*high*wide, c.Vision.Width)
}

// Project norms visual tokens [B, T, Wv] and maps them to the encoder's width: [B, T, W].
func Project(s *weights.Scope, c Config, tokens *Node) *Node {
	s = s.In(projectionPrefix)
	init := weights.Zeros()
	if c.RandomProjection {
		init = weights.FanInTruncated(c.Vision.Width)
	}
	kernel := s.Weight(weights.Spec{ // which files hold as [in, out]
		Name: "mm_input_projection_weight", Shape: []int{c.Vision.Width, c.Width}, Init: init, Decay: true,
	})
	return s.Note(block.Linear(block.RMSNormAroundOne(s.In("mm_soft_emb_norm"), tokens), kernel, nil))
}

// Embed looks up ids [B, L] and scales them by sqrt(width): [B, L, W]. The end of image has an
// embedding of its own.
func Embed(s *weights.Scope, c Config, ids *Node) *Node {
	x := MulScalar(block.Embed(table(s, c), ids), math.Sqrt(float64(c.Width)))
	end := endOfImage(s, c)
	if c.ImageEnd == 0 {
		return x
	}
	is := Equal(ids, Const(ids.Graph(), int32(c.ImageEnd)))
	return Where(BroadcastToShape(InsertAxes(is, -1), changed(x.Shape(), dtypes.Bool)), BroadcastToShape(ExpandLeftToRank(end, 3), x.Shape()), x)
}

func changed(shape shapes.Shape, dtype dtypes.DType) shapes.Shape {
	return shapes.Make(dtype, shape.Dimensions...)
}

// table is the embedding table [V, W], drawn with a deviation of 1/sqrt(W).
func table(s *weights.Scope, c Config) *Node {
	return s.In(tablePrefix).Table("weight", c.Vocab, c.Width, weights.FanInNormal(c.Width))
}

// endOfImage is the embedding [W] of the end of image, which has the variance of other tokens if
// it is drawn.
func endOfImage(s *weights.Scope, c Config) *Node {
	init := weights.Zeros()
	if c.RandomProjection {
		init = weights.Normal(1)
	}
	return s.In(tablePrefix).Vector("eoi_embedding", c.Width, init)
}

// logits scores every id by the embedding table: hidden [B, L, W] to [B, L, V].
func logits(s *weights.Scope, c Config, hidden *Node) *Node {
	x := block.LinearTransposed(hidden, table(s, c))
	if c.LogitSoftcap > 0 {
		x = block.Softcap(x, c.LogitSoftcap)
	}
	return x
}

// sequence is what the encoder reads, in any order: a token's place says nothing, its position
// does.
type sequence struct {
	x         *Node // [B, L, W]
	mask      *Node // [B, L], float32: 0 for padding
	positions *Node // [B, L], int32, from 0
}

// sequenceOf embeds images and prompts.
func sequenceOf(s *weights.Scope, c Config, in Inputs) sequence {
	x := Embed(s, c, in.Prompt)
	tokens := in.Tokens
	if in.Images != nil {
		tokens = VisualTokens(s, c, in.Images)
	}
	if tokens != nil {
		tokens = Project(s, c, tokens)
	}
	if in.Placeholders {
		return placed(c, in, x, tokens)
	}
	return framed(s, c, in, x, tokens)
}

// placed puts visual tokens [B, N·T, W] where the prompts have placeholders, the first of the
// batch at the first placeholder of the batch, as transformers does.
func placed(c Config, in Inputs, x, tokens *Node) sequence {
	ids, d := in.Prompt, x.Shape().Dimensions
	mask := in.PromptMask
	if mask == nil {
		mask = block.NotPadding(ids)
	}
	if tokens != nil {
		is := Equal(ids, Const(ids.Graph(), int32(c.ImageToken)))
		count := tokens.Shape().Size() / d[2]
		nth := CumSum(Reshape(ConvertDType(is, dtypes.Int32), d[0]*d[1]), 0)
		nth = Min(MaxScalar(AddScalar(nth, -1), 0), Const(ids.Graph(), int32(count-1)))
		visual := Reshape(block.Embed(Reshape(tokens, count, d[2]), nth), d...)
		x = Where(BroadcastToDims(InsertAxes(is, -1), d...), visual, x)
	}
	return sequence{x, mask, Iota(ids.Graph(), ids.Shape(), 1)}
}

// framed puts the images before the prompt and gives the begin of sentence, which the prompt may
// start with, the first position.
func framed(s *weights.Scope, c Config, in Inputs, x, tokens *Node) sequence {
	one := func(there *Node) *Node { return ConvertDType(there, dtypes.Int32) }
	mask := one(block.NotPadding(in.Prompt))
	nth := Mul(CumSum(mask, 1), mask) // from 1; 0 for padding
	if tokens == nil {
		return sequence{x, ConvertDType(mask, dtypes.Float32), MaxScalar(AddScalar(nth, -1), 0)}
	}
	images, imageMask := frames(s, c, tokens, in.ImageMask)
	g := x.Graph()
	bos := one(LogicalAnd(Equal(nth, Const(g, int32(1))), Equal(in.Prompt, Const(g, int32(c.BOS)))))
	before := InsertAxes(ReduceMax(bos, 1), -1)     // [B, 1]: 1 if there is a begin of sentence
	used := InsertAxes(ReduceSum(imageMask, 1), -1) // [B, 1]: the places that images take
	after := Mul(Add(nth, used), OneMinus(bos))     // the begin of sentence stays at 0
	positions := Concatenate([]*Node{Add(CumSum(imageMask, 1), before), Add(after, bos)}, 1)
	all := Concatenate([]*Node{imageMask, mask}, 1)
	return sequence{
		x: Concatenate([]*Node{images, x}, 1), mask: ConvertDType(all, dtypes.Float32),
		positions: MaxScalar(AddScalar(positions, -1), 0),
	}
}

// frames surrounds the tokens [B, N·T, W] of each image as transformers' processor does, and
// returns them with their int32 mask [B, N·(T+frame)]. Mask [B, N] marks the images that are
// there.
func frames(s *weights.Scope, c Config, tokens, mask *Node) (x, places *Node) {
	d, g := tokens.Shape().Dimensions, tokens.Graph()
	n := 1
	if mask != nil {
		n = mask.Shape().Dimensions[1]
	} else {
		mask = Ones(g, shapes.Make(dtypes.Float32, d[0], 1))
	}
	each := Reshape(tokens, d[0], n, d[1]/n, d[2])
	repeated := func(vector *Node) *Node { return BroadcastToDims(ExpandLeftToRank(vector, 4), d[0], n, 1, d[2]) }
	id := func(id int) (all []*Node) {
		if id == 0 {
			return nil
		}
		return []*Node{repeated(Reshape(Embed(s, c, Const(g, [][]int32{{int32(id)}})), d[2]))}
	}
	parts := append(id(c.Paragraph), id(c.ImageBegin)...)
	parts = append(parts, each, repeated(endOfImage(s, c)))
	x = Concatenate(append(parts, id(c.Paragraph)...), 2)
	length := x.Shape().Dimensions[2]
	there := ConvertDType(GreaterThan(mask, ZerosLike(mask)), dtypes.Int32)
	places = Reshape(BroadcastToDims(InsertAxes(there, -1), d[0], n, length), d[0], n*length)
	return Reshape(x, d[0], n*length, d[2]), places
}

// encode runs the encoder: [B, L, W], final norm included.
func encode(s *weights.Scope, c Config, read sequence) *Node {
	k := c.Encoder
	turns := k.rotations(read.positions, read.x.Shape().Dimensions[1])
	masks := k.encoderMasks(read)
	x := block.Dropout(s, read.x, c.Dropout)
	s = s.In(encoderPrefix)
	for i := range k.Depth {
		layer := s.In("layers", i)
		x = layerOf(layer, c, k, x, func(h *Node) *Node {
			q, keys, values := project(layer.In("self_attn"), k, h, turns.of(k.isGlobal(i)))
			return block.AttendGrouped(q, keys, values, masks.of(k.isGlobal(i)), 0)
		})
	}
	return block.Dropout(s, s.In("norm").Note(block.RMSNormAroundOne(s.In("norm"), x)), c.Dropout)
}

// decode runs the decoder over ids [B, Ld] given the encoder's output [B, Le, W] and its mask
// [B, Le]: [B, Ld, W], final norm included.
func decode(s *weights.Scope, c Config, ids, encoded, mask *Node) *Node {
	k, length := c.Decoder, ids.Shape().Dimensions[1]
	turns := k.rotations(Iota(ids.Graph(), ids.Shape(), 1), length)
	masks := k.decoderMasks(length, mask)
	x := block.Dropout(s, Embed(s, c, ids), c.Dropout)
	s = s.In(decoderPrefix)
	for i := range k.Depth {
		layer := s.In("layers", i)
		x = layerOf(layer, c, k, x, func(h *Node) *Node {
			q, keys, values := project(layer.In("self_attn"), k, h, turns.of(k.isGlobal(i)))
			read, of := readKeys(layer.In("self_attn"), k, encoded)
			keys, values = Concatenate([]*Node{keys, read}, 2), Concatenate([]*Node{values, of}, 2)
			return block.AttendGrouped(q, keys, values, masks.of(k.isGlobal(i)), 0)
		})
	}
	return block.Dropout(s, s.In("norm").Note(block.RMSNormAroundOne(s.In("norm"), x)), c.Dropout)
}

// layerOf is one block, [B, L, W] to [B, L, W]. Attend maps the normed input to the results of the
// heads [B, H, L, D].
func layerOf(s *weights.Scope, c Config, k Tower, x *Node, attend func(h *Node) *Node) *Node {
	drop := func(x *Node) *Node { return block.Dropout(s, x, c.Dropout) }
	h := block.MergeHeads(attend(block.RMSNormAroundOne(s.In("pre_self_attn_layernorm"), x)))
	h = linear(s.In("self_attn", "o_proj"), h, c.Width)
	x = Add(x, drop(block.RMSNormAroundOne(s.In("post_self_attn_layernorm"), h)))

	h = block.RMSNormAroundOne(s.In("pre_feedforward_layernorm"), x)
	gate := block.GELU(linear(s.In("mlp", "gate_proj"), h, k.MLP))
	h = linear(s.In("mlp", "down_proj"), drop(Mul(gate, linear(s.In("mlp", "up_proj"), h, k.MLP))), c.Width)
	return s.Note(Add(x, drop(block.RMSNormAroundOne(s.In("post_feedforward_layernorm"), h))))
}

func linear(s *weights.Scope, x *Node, out int) *Node {
	in := x.Shape().Dimensions[x.Rank()-1]
	return block.DenseNoBias(s, x, out, weights.FanInTruncated(in))
}

// project turns x [B, L, W] into scaled and rotated queries [B, H, L, D], rotated keys and values
// [B, K, L, D].
func project(s *weights.Scope, k Tower, x *Node, turn block.Rotation) (q, keys, values *Node) {
	q = block.SplitHeads(linear(s.In("q_proj"), x, k.Heads*k.HeadDim), k.Heads)
	q = block.Rotate(block.RMSNormAroundOne(s.In("q_norm"), q), turn)
	keys, values = readKeys(s, k, x)
	return MulScalar(q, 1/math.Sqrt(k.QueryScalar)), block.Rotate(keys, turn), values
}

// readKeys returns the keys without positions and the values of x [B, L, W], [B, K, L, D] each.
func readKeys(s *weights.Scope, k Tower, x *Node) (keys, values *Node) {
	keys = block.SplitHeads(linear(s.In("k_proj"), x, k.KVHeads*k.HeadDim), k.KVHeads)
	values = block.SplitHeads(linear(s.In("v_proj"), x, k.KVHeads*k.HeadDim), k.KVHeads)
	return block.RMSNormAroundOne(s.In("k_norm"), keys), values
}

// byKind holds something for global and for local blocks.
type byKind[T any] struct{ global, local T }

func (b byKind[T]) of(global bool) T {
	if global {
		return b.global
	}
	return b.local
}

// rotations are those of positions [B, L], each below length.
func (k Tower) rotations(positions *Node, length int) byKind[block.Rotation] {
	return byKind[block.Rotation]{
		global: block.ScaledRotations(positions, length, k.HeadDim, k.RotaryBase, k.RotaryFactor),
		local:  block.Rotations(positions, length, k.HeadDim, k.LocalRotaryBase),
	}
}

// encoderMasks are the biases of attention [B, 1, L or 1, L]: padding is hidden, and in local
// blocks what is beyond the window. A window of w holds the token itself, (w-1)/2 positions before
// it and w/2 after it, both rounded down.
func (k Tower) encoderMasks(read sequence) byKind[*Node] {
	hidden := InsertAxes(Equal(read.mask, ZerosLike(read.mask)), 1, 1) // [B, 1, 1, L]
	global := bias(hidden)
	before, after := (k.Window+1)/2-1, k.Window/2
	length := read.mask.Shape().Dimensions[1]
	if k.Window == 0 || min(before, after) >= length-1 {
		return byKind[*Node]{global, global}
	}
	g := read.mask.Graph()
	distance := Sub(InsertAxes(read.positions, 1, -1), InsertAxes(read.positions, 1, 1)) // [B, 1, Lq, Lk]
	far := LogicalOr(GreaterThan(distance, Const(g, int32(before))), LessThan(distance, Const(g, int32(-after))))
	return byKind[*Node]{global, bias(LogicalOr(BroadcastToShape(hidden, far.Shape()), far))}
}

// decoderMasks are the biases of the merged attention [B, 1, Ld, Ld+Le]: the answer's later tokens
// are hidden, in local blocks also those a window or more before, and the padding of the encoder's
// output, whose mask is [B, Le].
func (k Tower) decoderMasks(length int, mask *Node) byKind[*Node] {
	d, g := mask.Shape().Dimensions, mask.Graph()
	padding := Equal(mask, ZerosLike(mask))
	padding = BroadcastToDims(InsertAxes(padding, 1, 1), d[0], 1, length, d[1])
	merged := func(hidden *Node) *Node {
		return bias(Concatenate([]*Node{BroadcastToDims(hidden, d[0], 1, length, length), padding}, -1))
	}
	square := shapes.Make(dtypes.Int32, 1, 1, length, length)
	distance := Sub(Iota(g, square, 2), Iota(g, square, 3))
	later := LessThan(distance, ZerosLike(distance))
	global := merged(later)
	if k.Window == 0 || k.Window >= length {
		return byKind[*Node]{global, global}
	}
	far := GreaterOrEqual(distance, Const(g, int32(k.Window)))
	return byKind[*Node]{global, merged(LogicalOr(later, far))}
}

// bias is so low where hidden is true that a key takes no part, and 0 elsewhere. It is finite, so
// that a row of padding alone does not become NaN.
func bias(hidden *Node) *Node { return MulScalar(ConvertDType(hidden, dtypes.Float32), -1e9) }
