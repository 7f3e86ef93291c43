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

// LossByExample returns the [Loss] with the sums and counts of [CrossEntropyByExample].
func LossByExample(s *weights.Scope, c Config, in Inputs) (loss, sums, counts *Node) {
	mask := block.NotPadding(in.Encoder)
	encoded := Encode(s, c, Embed(s, c, in.Encoder), mask)
	hidden := Decode(s, c, encoded, mask, in.Decoder)
	return CrossEntropyByExample(c, Logits(s, c, hidden), in.Targets, in.Weights)
}

// Embed looks up ids [B, L] in the table shared by encoder and decoder: [B, L, W].
func Embed(s *weights.Scope, c Config, ids *Node) *Node { return block.Embed(embeddings(s, c), ids) }

func embeddings(s *weights.Scope, c Config) *Node {
	return s.Table("shared.weight", c.Vocab, c.Width, weights.Normal(1))
}

// Encode runs the encoder over embedded tokens x [B, L, W], final norm included: [B, L, W]. Mask
// [B, L], float32, is 1 for tokens and 0 for padding.
func Encode(s *weights.Scope, c Config, x, mask *Node) *Node {
	c = c.WithDefaults()
	s = s.In("encoder")
	length := x.Shape().Dimensions[1]
	biases := stackBiases(s, c, c.EncoderLayers, length, true)
	padding := block.PaddingBias(mask)
	drop := func(x *Node) *Node { return block.Dropout(s, x, c.Dropout) }
	x = drop(x)
	for i := range c.EncoderLayers {
		layer := s.In("block", i, "layer")
		h := block.RMSNorm(layer.In(0, "layer_norm"), x)
		x = Add(x, drop(attention(layer.In(0, "SelfAttention"), c, h, h, biases[i], padding)))
		x = s.In("block", i).Note(Add(x, drop(feedForward(layer.In(1), c, x))))
	}
	return s.In("final_layer_norm").Note(drop(block.RMSNorm(s.In("final_layer_norm"), x)))
}

// Decode runs the decoder over ids [B, Ld], final norm included: [B, Ld, W]. It attends to the
// encoder's output [B, Le, W] where mask [B, Le] is 1; position i attends to ids 0 to i.
func Decode(s *weights.Scope, c Config, encoded, mask, ids *Node) *Node {
	c = c.WithDefaults()
	x := Embed(s, c, ids)
	s = s.In("decoder")
	length := ids.Shape().Dimensions[1]
	biases := stackBiases(s, c, c.DecoderLayers, length, false)
	causal, padding := block.CausalBias(ids.Graph(), length), block.PaddingBias(mask)
	drop := func(x *Node) *Node { return block.Dropout(s, x, c.Dropout) }
	x = drop(x)
	for i := range c.DecoderLayers {
		layer := s.In("block", i, "layer")
		h := block.RMSNorm(layer.In(0, "layer_norm"), x)
		x = Add(x, drop(attention(layer.In(0, "SelfAttention"), c, h, h, biases[i], causal)))
		h = block.RMSNorm(layer.In(1, "layer_norm"), x)
		x = Add(x, drop(attention(layer.In(1, "EncDecAttention"), c, h, encoded, nil, padding)))
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

// attention is multihead attention of x [B, Lq, W] to y [B, Lk, W]: [B, Lq, W].
func attention(s *weights.Scope, c Config, x, y, bias, mask *Node) *Node {
	k, v := keysValues(s, c, y)
	return attend(s, c, x, k, block.DropKeys(s, v, c.Dropout), bias, mask)
}

// keysValues projects y [B, L, W] to keys and values [B, H, L, D].
func keysValues(s *weights.Scope, c Config, y *Node) (k, v *Node) {
	init := weights.FanInNormal(c.Width)
	return projectHeads(s.In("k"), c, y, init), projectHeads(s.In("v"), c, y, init)
}

// attend lets x [B, Lq, W] attend to keys and values [B, H, Lk, D]: [B, Lq, W]. The projections
// have no biases, and scores are not divided by sqrt(d): initial queries are smaller by that
// factor.
func attend(s *weights.Scope, c Config, x, k, v, bias, mask *Node) *Node {
	q := projectHeads(s.In("q"), c, x, queryInit(c))
	return attentionOutput(s, c, block.Attend(q, k, v, bias, mask))
}

func queryInit(c Config) weights.Init {
	return weights.Normal(1 / math.Sqrt(float64(c.Width*c.HeadDim)))
}

// projectHeads turns [B, L, W] into [B, H, L, D].
func projectHeads(s *weights.Scope, c Config, x *Node, init weights.Init) *Node {
	return block.SplitHeads(block.DenseNoBias(s, x, c.Heads*c.HeadDim, init), c.Heads)
}

// attentionOutput projects the results of the heads, [B, H, L, D] to [B, L, W].
func attentionOutput(s *weights.Scope, c Config, found *Node) *Node {
	return block.DenseNoBias(s.In("o"), block.MergeHeads(found), c.Width, weights.FanInNormal(c.Heads*c.HeadDim))
}

func feedForward(s *weights.Scope, c Config, x *Node) *Node {
	return block.FeedForward(s.In("DenseReluDense"), block.RMSNorm(s.In("layer_norm"), x), c.MLP, c.Activation, c.Dropout)
}
