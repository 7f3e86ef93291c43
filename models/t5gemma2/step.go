package t5gemma2

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/models/weights"
)

// cache holds the keys and values of the decoder's attention for each block, [B, K, L, D], so that
// a step does not compute them again.
type cache struct {
	keys, values []*Node
}

// nodes returns the keys, then the values.
func (c cache) nodes() []*Node { return append(append([]*Node{}, c.keys...), c.values...) }

// cacheOf is the inverse of nodes.
func cacheOf(all []*Node) cache { return cache{all[:len(all)/2], all[len(all)/2:]} }

// prefill runs the encoder and feeds the decoder the begin of sentence. It returns the logits of
// the first id of each answer [B, V] and the state with room for room ids.
func prefill(s *weights.Scope, c Config, in Inputs, room int) (*Node, family.State) {
	read := sequenceOf(s, c, in)
	encoded := encode(s, c, read)
	g, batch := encoded.Graph(), encoded.Shape().Dimensions[0]
	var cross, said cache
	for i := range c.Decoder.Depth {
		keys, values := readKeys(s.In(decoderPrefix, "layers", i, "self_attn"), c.Decoder, encoded)
		cross.keys, cross.values = append(cross.keys, keys), append(cross.values, values)
		empty := Zeros(g, shapes.Make(dtypes.Float32, batch, c.Decoder.KVHeads, room, c.Decoder.HeadDim))
		said.keys, said.values = append(said.keys, empty), append(said.values, empty)
	}
	begin := BroadcastToDims(Const(g, int32(c.BOS)), batch)
	first, said := step(s, c, begin, Const(g, int32(0)), said, cross, read.mask)
	return first, family.State{Said: said.nodes(), Kept: append(cross.nodes(), read.mask)}
}

// step runs the decoder on one id of each sequence, ids [B] at position, an int32 scalar. Said
// holds the keys and values of the ids before, cross those of the encoder's output, whose mask is
// [B, Le]. It returns the logits of the next id [B, V] and said with the keys and values of this
// id.
func step(s *weights.Scope, c Config, ids, position *Node, said, cross cache, mask *Node) (*Node, cache) {
	k := c.Decoder
	room := said.keys[0].Shape().Dimensions[2]
	turns := k.rotations(BroadcastToDims(position, 1, 1), room)
	masks := k.stepMasks(position, room, mask)
	x := Embed(s, c, InsertAxes(ids, -1)) // [B, 1, W]
	stack := s.In(decoderPrefix)
	var next cache
	for i := range k.Depth {
		layer := stack.In("layers", i)
		x = layerOf(layer, c, k, x, func(h *Node) *Node {
			q, key, value := project(layer.In("self_attn"), k, h, turns.of(k.isGlobal(i)))
			key, value = put(said.keys[i], key, position), put(said.values[i], value, position)
			next.keys, next.values = append(next.keys, key), append(next.values, value)
			keys, values := [2]*Node{key, cross.keys[i]}, [2]*Node{value, cross.values[i]}
			return block.AttendOneGrouped(q, keys, values, masks.of(k.isGlobal(i)), 0)
		})
	}
	return Squeeze(logits(s, c, block.RMSNormAroundOne(stack.In("norm"), x)), 1), next
}

// put writes one position's keys or values [B, K, 1, D] into the cache.
func put(cache, one, position *Node) *Node {
	zero := Const(cache.Graph(), int32(0))
	return DynamicUpdateSlice(cache, one, []*Node{zero, zero, position, zero})
}

// stepMasks are the biases of the merged attention [B, 1, 1, room+Le] of a token at position.
func (k Tower) stepMasks(position *Node, room int, mask *Node) byKind[*Node] {
	d, g := mask.Shape().Dimensions, mask.Graph()
	padding := Equal(mask, ZerosLike(mask))
	merged := func(hidden *Node) *Node {
		all := Concatenate([]*Node{BroadcastToDims(hidden, d[0], room), padding}, -1)
		return InsertAxes(bias(all), 1, 1)
	}
	places := shapes.Make(dtypes.Int32, 1, room)
	distance := Sub(BroadcastToShape(position, places), Iota(g, places, 1))
	later := LessThan(distance, ZerosLike(distance))
	global := merged(later)
	if k.Window == 0 || k.Window >= room {
		return byKind[*Node]{global, global}
	}
	far := GreaterOrEqual(distance, Const(g, int32(k.Window)))
	return byKind[*Node]{global, merged(LogicalOr(later, far))}
}
