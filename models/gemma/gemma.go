// Package gemma is the decoder of Gemma 1 and 2 (arXiv 2403.08295, 2408.00118), the language model
// of PaliGemma. It reads embedded tokens as a prefix-LM: tokens of the prefix attend to each other
// in both directions, those after it to the tokens before them.
//
// Gemma differs from a usual transformer in these rules: embeddings are multiplied by
// sqrt(width), RMS norms scale by 1 + weight, positions are rotary, query heads share keys and
// values, perceptrons are gated by GELU, and the embedding table scores the output. Gemma 2 adds
// norms after each sublayer, bounds on scores and logits, and a sliding window in every second
// block (big_vision models/ppp/gemma.py; transformers models/gemma2/modeling_gemma2.py).
//
// Names of weights are those of transformers' GemmaModel and Gemma2Model.
package gemma

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// Sequence says where tokens stand and what they attend to.
type Sequence struct {
	// Positions [B, L], int32. The tokens of a sequence count from 1; 0 is padding, to which no
	// token attends.
	Positions *Node
	// Prefix is the number of places of the prefix, which come first: 0 to L.
	Prefix int
}

// Cache holds the keys and values of attention for each block, [B, K, L, D], so that a step does
// not compute them again.
type Cache struct {
	Keys, Values []*Node
}

// Embed looks up ids [B, L] and scales them by sqrt(width): [B, L, W].
func Embed(s *weights.Scope, c Config, ids *Node) *Node {
	return MulScalar(block.Embed(embeddings(s, c), ids), math.Sqrt(float64(c.Width)))
}

// embeddings is the table [V, W], drawn with a deviation of 1/sqrt(W).
func embeddings(s *weights.Scope, c Config) *Node {
	return s.In("embed_tokens").Table("weight", c.Vocab, c.Width, weights.FanInNormal(c.Width))
}

// Decode runs the blocks over embedded tokens x [B, L, W], final norm included: [B, L, W]. It also
// returns the keys and values of all tokens.
func Decode(s *weights.Scope, c Config, x *Node, seq Sequence) (*Node, Cache) {
	c = c.WithDefaults()
	length := x.Shape().Dimensions[1]
	rotation := block.Rotations(seq.Positions, length+1, c.HeadDim, c.RotaryBase)
	all, near := masks(c, seq)
	var cache Cache
	for i := range c.Depth {
		layer, mask := s.In("layers", i), all
		if c.slides(i) {
			mask = near
		}
		x = layerOf(layer, c, x, func(h *Node) *Node {
			q, k, v := project(layer.In("self_attn"), c, h, rotation)
			cache.Keys, cache.Values = append(cache.Keys, k), append(cache.Values, v)
			return block.AttendGrouped(q, k, v, mask, c.AttentionSoftcap)
		})
	}
	return s.In("norm").Note(block.RMSNormAroundOne(s.In("norm"), x)), cache
}

// slides reports whether a block's attention has a window.
func (c Config) slides(layer int) bool { return c.Window > 0 && layer%2 == 0 }

// layerOf is one block, [B, L, W] to [B, L, W]. Attend maps the normed input to the results of the
// heads [B, H, L, D].
func layerOf(s *weights.Scope, c Config, x *Node, attend func(h *Node) *Node) *Node {
	drop := func(x *Node) *Node { return block.Dropout(s, x, c.Dropout) }
	h := block.MergeHeads(attend(block.RMSNormAroundOne(s.In("input_layernorm"), x)))
	h = linear(s.In("self_attn", "o_proj"), h, c.Width)
	if !c.PostNorms {
		x = Add(x, drop(h))
		h = mlp(s.In("mlp"), c, block.RMSNormAroundOne(s.In("post_attention_layernorm"), x))
		return s.Note(Add(x, drop(h)))
	}
	x = Add(x, drop(block.RMSNormAroundOne(s.In("post_attention_layernorm"), h)))
	h = mlp(s.In("mlp"), c, block.RMSNormAroundOne(s.In("pre_feedforward_layernorm"), x))
	return s.Note(Add(x, block.RMSNormAroundOne(s.In("post_feedforward_layernorm"), drop(h))))
}

// mlp is the perceptron gated by GELU, without biases.
func mlp(s *weights.Scope, c Config, x *Node) *Node {
	gate := block.GELU(linear(s.In("gate_proj"), x, c.MLP))
	return linear(s.In("down_proj"), Mul(gate, linear(s.In("up_proj"), x, c.MLP)), c.Width)
}

func linear(s *weights.Scope, x *Node, out int) *Node {
	in := x.Shape().Dimensions[x.Rank()-1]
	return block.DenseNoBias(s, x, out, weights.FanInTruncated(in))
}

// project turns x [B, L, W] into scaled and rotated queries [B, H, L, D], rotated keys and values
// [B, K, L, D].
func project(s *weights.Scope, c Config, x *Node, rotation block.Rotation) (q, k, v *Node) {
	heads := func(name string, n int) *Node {
		return block.SplitHeads(linear(s.In(name), x, n*c.HeadDim), n)
	}
	q = block.Rotate(heads("q_proj", c.Heads), rotation)
	k = block.Rotate(heads("k_proj", c.KVHeads), rotation)
	return MulScalar(q, 1/math.Sqrt(c.QueryScalar)), k, heads("v_proj", c.KVHeads)
}

// Logits scores every id by the embedding table: hidden [..., W] to [..., V].
func Logits(s *weights.Scope, c Config, hidden *Node) *Node {
	logits := block.LinearTransposed(hidden, embeddings(s, c))
	if c.LogitSoftcap > 0 {
		logits = block.Softcap(logits, c.LogitSoftcap)
	}
	return logits
}

// masked is added to the scores of keys that a query must not attend to.
const masked = -1e9

// masks returns the attention biases [B, 1, Lq, Lk] of blocks without and with a window, where Lq
// may be 1. The window does not limit the prefix (transformers' masking_utils.py, where the overlay
// of the prefix is united with the sliding mask).
func masks(c Config, seq Sequence) (all, near *Node) {
	positions, g := seq.Positions, seq.Positions.Graph()
	length := positions.Shape().Dimensions[1]
	all = block.PaddingBias(block.NotPadding(positions))
	if seq.Prefix == length {
		return all, all
	}
	square := shapes.Make(dtypes.Int32, 1, 1, length, length)
	query, key := Iota(g, square, 2), Iota(g, square, 3)
	inPrefix := func(place *Node) *Node { return LessThan(place, Const(g, int32(seq.Prefix))) }
	all = Add(all, bias(LogicalAnd(GreaterThan(key, query), LogicalNot(inPrefix(key)))))
	if c.Window == 0 || c.Window >= length {
		return all, all
	}
	distance := Sub(InsertAxes(positions, 1, -1), InsertAxes(positions, 1, 1)) // [B, 1, Lq, Lk]
	far := GreaterOrEqual(distance, Const(g, int32(c.Window)))
	limited := LogicalNot(inPrefix(Iota(g, shapes.Make(dtypes.Int32, 1, 1, length, 1), 2)))
	return all, Add(all, Mul(bias(far), ConvertDType(limited, dtypes.Float32)))
}

// bias is masked where hidden is true and 0 elsewhere.
func bias(hidden *Node) *Node { return MulScalar(ConvertDType(hidden, dtypes.Float32), masked) }
