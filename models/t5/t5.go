package t5

import (
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// Inputs is a batch of the language model. Ids are int32, padded with 0.
type Inputs struct {
	// Encoder is the encoder's ids [B, Le].
	Encoder *Node
	// Decoder is the decoder's ids [B, Ld]: the targets shifted right by one, beginning with 0.
	Decoder *Node
	// Targets are the ids that the decoder should predict [B, Ld].
	Targets *Node
	// Weights of the targets in the loss, float32 [B, Ld]. Default: 1 for targets other than 0.
	Weights *Node
	// EncoderRows and DecoderRows lay out the ids without their padding: see [block.Unpadded].
	// Models with dropout ignore them. Default: nil, padded.
	EncoderRows, DecoderRows *block.Unpadded
	// Segments are those of packed rows. Default: nil, an example per row.
	Segments *block.Segments
}

// Specs lists the weights of the model.
func Specs(be compute.Backend, c Config) ([]weights.Spec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return weights.Collect(be, func(s *weights.Scope) {
		ids := s.Input(dtypes.Int32, 1, 2)
		Loss(s, c, Inputs{Encoder: ids, Decoder: ids, Targets: ids})
	})
}

// Loss returns the mean cross entropy of the targets given the encoder's ids.
func Loss(s *weights.Scope, c Config, in Inputs) *Node {
	loss, _, _ := LossByExample(s, c, in)
	return loss
}

// LossByExample returns the [Loss] with the sums and counts of [CrossEntropyByExample]. Those of
// packed rows are of each segment, [B·S].
func LossByExample(s *weights.Scope, c Config, in Inputs) (loss, sums, counts *Node) {
	if c.Dropout > 0 {
		in.EncoderRows, in.DecoderRows = nil, nil
	}
	x := Embed(s, c, in.EncoderRows.Take(in.Encoder))
	var segments *Node
	if in.Segments != nil {
		segments = in.Segments.Encoder
	}
	return LossOfEncoded(s, c, EncodeSegments(s, c, x, block.NotPadding(in.Encoder), segments, in.EncoderRows), in)
}

// Encoded is what the decoder attends to.
type Encoded struct {
	// Tokens [B, L, W] are the encoder's output, or [N, W] with Rows.
	Tokens *Node
	// Mask [B, L], float32, is 1 for tokens and 0 for padding.
	Mask *Node
	// Rows lays out Tokens if they are without padding.
	Rows *block.Unpadded
	// Segments [B, L], int32, of packed rows: 0 where Mask is 0. Nil for an example per row.
	Segments *Node
}

// LossOfEncoded returns the loss by example of the decoder's part of the inputs.
func LossOfEncoded(s *weights.Scope, c Config, encoded Encoded, in Inputs) (loss, sums, counts *Node) {
	var segments *Node
	if in.Segments != nil {
		segments = in.Segments.Decoder
	}
	hidden := decode(s, c, encoded, in.Decoder, segments, in.DecoderRows)
	return block.MeanCrossEntropyOf(Logits(s, c, hidden), in.Targets, in.Weights, in.Segments, in.DecoderRows, c.LabelSmoothing, c.ZLoss)
}

// Embed looks up ids [B, L] in the table shared by encoder and decoder: [B, L, W].
func Embed(s *weights.Scope, c Config, ids *Node) *Node { return block.Embed(embeddings(s, c), ids) }

func embeddings(s *weights.Scope, c Config) *Node {
	return s.Table("shared.weight", c.Vocab, c.Width, weights.Normal(1))
}

// Encode runs the encoder over embedded tokens x [B, L, W], final norm included: [B, L, W]. Mask
// [B, L], float32, is 1 for tokens and 0 for padding.
func Encode(s *weights.Scope, c Config, x, mask *Node) *Node {
	return EncodeRows(s, c, x, mask, nil).Tokens
}

// EncodeRows is [Encode] for tokens x that are laid out by rows.
func EncodeRows(s *weights.Scope, c Config, x, mask *Node, rows *block.Unpadded) Encoded {
	return EncodeSegments(s, c, x, mask, nil, rows)
}

// EncodeSegments is [EncodeRows] for packed rows: a position attends to those of its own segment.
// Segments [B, L], int32, may be nil, for an example per row. Distances between positions are those
// in the row, which are right within a segment.
func EncodeSegments(s *weights.Scope, c Config, x, mask, segments *Node, rows *block.Unpadded) Encoded {
	c = c.WithDefaults()
	s = s.In("encoder")
	length := mask.Shape().Dimensions[1]
	biases := stackBiases(s, c, c.EncoderLayers, length, true)
	padding := block.PaddingBias(mask)
	if segments != nil {
		segments = Mul(segments, ConvertDType(mask, segments.DType()))
		padding = block.SegmentBias(segments, segments)
	}
	drop := func(x *Node) *Node { return block.Dropout(s, x, c.Dropout) }
	x = drop(x)
	for i := range c.EncoderLayers {
		layer := s.In("block", i, "layer")
		h := block.RMSNorm(layer.In(0, "layer_norm"), x)
		x = Add(x, drop(attention(layer.In(0, "SelfAttention"), c, stream{h, rows}, stream{h, rows}, biases[i], padding)))
		x = s.In("block", i).Note(Add(x, drop(feedForward(layer.In(1), c, x))))
	}
	x = s.In("final_layer_norm").Note(drop(block.RMSNorm(s.In("final_layer_norm"), x)))
	return Encoded{x, mask, rows, segments}
}

// Decode runs the decoder over ids [B, Ld], final norm included: [B, Ld, W]. It attends to the
// encoder's output [B, Le, W] where mask [B, Le] is 1; position i attends to ids 0 to i.
func Decode(s *weights.Scope, c Config, encoded, mask, ids *Node) *Node {
	return decode(s, c, Encoded{Tokens: encoded, Mask: mask}, ids, nil, nil)
}

// decode is [Decode] with ids [B, Ld] laid out by rows. With segments [B, Ld] a position attends to
// its own segment's ids and tokens alone.
func decode(s *weights.Scope, c Config, encoded Encoded, ids, segments *Node, rows *block.Unpadded) *Node {
	c = c.WithDefaults()
	x := Embed(s, c, rows.Take(ids))
	s = s.In("decoder")
	length := ids.Shape().Dimensions[1]
	biases := stackBiases(s, c, c.DecoderLayers, length, false)
	causal, padding := block.CausalBias(ids.Graph(), length), block.PaddingBias(encoded.Mask)
	if segments != nil {
		causal = Add(causal, block.SegmentBias(segments, segments))
		padding = block.SegmentBias(segments, encoded.Segments)
	}
	drop := func(x *Node) *Node { return block.Dropout(s, x, c.Dropout) }
	x = drop(x)
	for i := range c.DecoderLayers {
		layer := s.In("block", i, "layer")
		h := block.RMSNorm(layer.In(0, "layer_norm"), x)
		x = Add(x, drop(attention(layer.In(0, "SelfAttention"), c, stream{h, rows}, stream{h, rows}, biases[i], causal)))
		h = block.RMSNorm(layer.In(1, "layer_norm"), x)
		x = Add(x, drop(attention(layer.In(1, "EncDecAttention"), c, stream{h, rows}, stream{encoded.Tokens, encoded.Rows}, nil, padding)))
		x = s.In("block", i).Note(Add(x, drop(feedForward(layer.In(2), c, x))))
	}
	return s.In("final_layer_norm").Note(drop(block.RMSNorm(s.In("final_layer_norm"), x)))
}

// Logits turns the decoder's output [B, L, W] into a score for every id: [B, L, V].
func Logits(s *weights.Scope, c Config, hidden *Node) *Node {
	if c.scalesLogits() {
		hidden = MulScalar(hidden, 1/math.Sqrt(float64(c.Width)))
	}
	if c.Tied {
		return block.Linear(hidden, Transpose(embeddings(s, c), 0, 1), nil)
	}
	return block.DenseNoBias(s.In("lm_head"), hidden, c.Vocab, weights.FanInTruncated(c.Width))
}

// stackBiases returns the relative position bias of each layer's self-attention, [1, H, L, L].
func stackBiases(s *weights.Scope, c Config, layers, length int, bidirectional bool) []*Node {
	return biasesOf(s, c, layers, func(table *Node) *Node {
		return block.RelativeBias(table, length, c.MaxDistance, bidirectional)
	})
}

// biasesOf returns what lookup returns for each layer's table: one shared node, or one per layer
// with LayerBias.
func biasesOf(s *weights.Scope, c Config, layers int, lookup func(table *Node) *Node) []*Node {
	biases := make([]*Node, layers)
	for i := range biases {
		if i > 0 && !c.LayerBias {
			biases[i] = biases[0]
			continue
		}
		biases[i] = lookup(relativeTable(s, c, i))
	}
	return biases
}

func relativeTable(s *weights.Scope, c Config, layer int) *Node {
	s = s.In("block", layer, "layer", 0, "SelfAttention", "relative_attention_bias")
	return s.Table("weight", c.Buckets, c.Heads, weights.XavierUniform(c.Buckets, c.Heads))
}

// stream is a sequence of tokens, [B, L, W], or [N, W] with rows.
type stream struct {
	tokens *Node
	rows   *block.Unpadded
}

// attention is multihead attention of x to y, each [B, L, W]. The result is laid out as x.
func attention(s *weights.Scope, c Config, x, y stream, bias, mask *Node) *Node {
	k, v := keysValues(s, c, y.tokens, y.rows)
	q := projectHeads(s.In("q"), c, x.tokens, x.rows, queryInit(c))
	return attentionOutput(s, c, x.rows, block.Attend(q, k, block.DropKeys(s, v, c.Dropout), bias, mask))
}

// keysValues projects y [B, L, W] to keys and values [B, H, L, D].
func keysValues(s *weights.Scope, c Config, y *Node, rows *block.Unpadded) (k, v *Node) {
	init := weights.FanInNormal(c.Width)
	return projectHeads(s.In("k"), c, y, rows, init), projectHeads(s.In("v"), c, y, rows, init)
}

// queryInit draws queries smaller by sqrt(d), by which scores are not divided.
func queryInit(c Config) weights.Init {
	return weights.Normal(1 / math.Sqrt(float64(c.Width*c.HeadDim)))
}

// projectHeads turns [B, L, W] into [B, H, L, D], without a bias.
func projectHeads(s *weights.Scope, c Config, x *Node, rows *block.Unpadded, init weights.Init) *Node {
	return rows.SplitHeads(block.DenseNoBias(s, x, c.Heads*c.HeadDim, init), c.Heads)
}

// attentionOutput projects the results of the heads, [B, H, L, D] to [B, L, W].
func attentionOutput(s *weights.Scope, c Config, rows *block.Unpadded, found *Node) *Node {
	return block.DenseNoBias(s.In("o"), rows.MergeHeads(found), c.Width, weights.FanInNormal(c.Heads*c.HeadDim))
}

func feedForward(s *weights.Scope, c Config, x *Node) *Node {
	return block.FeedForward(s.In("DenseReluDense"), block.RMSNorm(s.In("layer_norm"), x), c.MLP, c.Activation, c.Dropout)
}
