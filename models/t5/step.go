package t5

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// Cache holds the keys and values of attention for each layer of a decoder, each [B, H, L, D], so
// that a step does not compute them again.
type Cache struct {
	Keys, Values []*Node
}

// CrossCache returns the keys and values of the encoder's output [B, Le, W], to which every step of
// the decoder attends.
func CrossCache(s *weights.Scope, c Config, encoded *Node) Cache {
	c = c.WithDefaults()
	var cache Cache
	for i := range c.DecoderLayers {
		layer := s.In("decoder", "block", i, "layer", 1, "EncDecAttention")
		k, v := keysValues(layer, c, encoded, nil)
		cache.Keys, cache.Values = append(cache.Keys, k), append(cache.Values, v)
	}
	return cache
}

// EmptyCache returns the self-attention cache of a decoder before its first id, with room for
// length ids.
func EmptyCache(g *Graph, c Config, batch, length int) Cache {
	var cache Cache
	for range 2 * c.DecoderLayers {
		empty := BroadcastToDims(ScalarZero(g, dtypes.Float32), batch, c.Heads, length, c.HeadDim)
		cache.Keys = append(cache.Keys, empty)
	}
	cache.Keys, cache.Values = cache.Keys[:c.DecoderLayers], cache.Keys[c.DecoderLayers:]
	return cache
}

// Step runs the decoder on one id of each sequence, ids [B] at position, an int32 scalar. Said
// holds the keys and values of the ids before, cross those of the encoder's output, and mask [B,
// Le] is 1 for the encoder's tokens and 0 for padding. Step returns the logits of the next id [B,
// V] and said with the keys and values of this id. The logits equal those of [Decode].
func Step(s *weights.Scope, c Config, ids, position *Node, said, cross Cache, mask *Node) (*Node, Cache) {
	c = c.WithDefaults()
	stack := s.In("decoder")
	x := Embed(s, c, InsertAxes(ids, -1)) // [B, 1, W]
	padding := block.PaddingBias(mask)
	length := said.Keys[0].Shape().Dimensions[2]
	causal := block.CausalBiasAt(position, length)
	biases := biasesOf(stack, c, c.DecoderLayers, func(table *Node) *Node {
		return block.RelativeBiasAt(table, position, length, c.MaxDistance, false)
	})
	var next Cache
	for i := range c.DecoderLayers {
		layer := stack.In("block", i, "layer")
		self := layer.In(0, "SelfAttention")
		h := block.RMSNorm(layer.In(0, "layer_norm"), x)
		k, v := keysValues(self, c, h, nil)
		k, v = put(said.Keys[i], k, position), put(said.Values[i], v, position)
		next.Keys, next.Values = append(next.Keys, k), append(next.Values, v)
		x = Add(x, attendOne(self, c, h, k, v, biases[i], causal))

		h = block.RMSNorm(layer.In(1, "layer_norm"), x)
		x = Add(x, attendOne(layer.In(1, "EncDecAttention"), c, h, cross.Keys[i], cross.Values[i], nil, padding))
		x = Add(x, feedForward(layer.In(2), c, x))
	}
	hidden := block.RMSNorm(stack.In("final_layer_norm"), x)
	return Squeeze(Logits(s, c, hidden), 1), next
}

// put writes one position's keys or values [B, H, 1, D] into the cache.
func put(cache, one, position *Node) *Node {
	zero := Const(cache.Graph(), int32(0))
	return DynamicUpdateSlice(cache, one, []*Node{zero, zero, position, zero})
}

// attendOne is attend for one id, x [B, 1, W].
func attendOne(s *weights.Scope, c Config, x, k, v, bias, mask *Node) *Node {
	q := projectHeads(s.In("q"), c, x, nil, queryInit(c))
	return attentionOutput(s, c, nil, block.AttendOne(s, q, k, v, bias, mask))
}

// PrefillDecoder feeds the decoder the id that begins every answer, 0. It returns the logits of the
// first id [B, V] and the state with room for room ids, given the encoder's output [B, Le, W] and
// its mask [B, Le].
func PrefillDecoder(s *weights.Scope, c Config, encoded, mask *Node, room int) (*Node, family.State) {
	batch, g := encoded.Shape().Dimensions[0], encoded.Graph()
	if s.Constant() {
		encoded, mask = roundUp(encoded), roundUp(mask)
	}
	cross := CrossCache(s, c, encoded)
	begin := Zeros(g, shapes.Make(dtypes.Int32, batch))
	logits, said := Step(s, c, begin, Const(g, int32(0)), EmptyCache(g, c, batch, room), cross, mask)
	return logits, family.State{Said: said.nodes(), Kept: append(cross.nodes(), mask)}
}

// roundUp pads the second axis with zeros to a multiple of [block.RowsAtOnce].
func roundUp(x *Node) *Node {
	length := x.Shape().Dimensions[1]
	missing := block.RoundUp(length) - length
	if missing == 0 {
		return x
	}
	d := slices.Clone(x.Shape().Dimensions)
	d[1] = missing
	return Concatenate([]*Node{x, Zeros(x.Graph(), shapes.Make(x.DType(), d...))}, 1)
}

// StepDecoder feeds the decoder an id of each answer, ids [R], the n-th of them with n counted from
// 0 in position: see [family.Writer].
func StepDecoder(s *weights.Scope, c Config, ids, position *Node, st family.State) (*Node, []*Node) {
	layers := c.DecoderLayers
	logits, next := Step(s, c, ids, OnePlus(position), cacheOf(st.Said), cacheOf(st.Kept[:2*layers]), st.Kept[2*layers])
	return logits, next.nodes()
}

// nodes returns the keys, then the values.
func (c Cache) nodes() []*Node { return append(append([]*Node{}, c.Keys...), c.Values...) }

// cacheOf is the inverse of nodes.
func cacheOf(all []*Node) Cache {
	return Cache{Keys: all[:len(all)/2], Values: all[len(all)/2:]}
}
