package gemma

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/weights"
)

// EmptyCache returns the cache of a sequence before its first id, with room for length ids.
func EmptyCache(g *Graph, c Config, batch, length int) Cache {
	c = c.WithDefaults()
	var cache Cache
	for range c.Depth {
		empty := BroadcastToDims(ScalarZero(g, dtypes.Float32), batch, c.KVHeads, length, c.HeadDim)
		cache.Keys, cache.Values = append(cache.Keys, empty), append(cache.Values, empty)
	}
	return cache
}

// Step runs the decoder on one id of each sequence, ids [B], the n-th after the prefix with n
// counted from 0, an int32 scalar. Prefix holds the keys and values of the prefix, whose positions
// [B, Lp] are those of its [Sequence]; said holds those of the ids since. Step returns the logits
// of the next id [B, V] and said with the keys and values of this id.
func Step(s *weights.Scope, c Config, ids, n *Node, prefix Cache, positions *Node, said Cache) (*Node, Cache) {
	c = c.WithDefaults()
	room := said.Keys[0].Shape().Dimensions[2]
	now := Add(ReduceMax(positions, -1), OnePlus(n)) // [B]
	rotation := block.Rotations(InsertAxes(now, -1), positions.Shape().Dimensions[1]+room+1, c.HeadDim, c.RotaryBase)
	all, near := stepMasks(c, positions, now, n, room)
	x := Embed(s, c, InsertAxes(ids, -1)) // [B, 1, W]
	var next Cache
	for i := range c.Depth {
		layer, mask := s.In("layers", i), all
		if c.slides(i) {
			mask = near
		}
		x = layerOf(layer, c, x, func(h *Node) *Node {
			q, k, v := project(layer.In("self_attn"), c, h, rotation)
			k, v = put(said.Keys[i], k, n), put(said.Values[i], v, n)
			next.Keys, next.Values = append(next.Keys, k), append(next.Values, v)
			return block.AttendOneGrouped(q, [2]*Node{prefix.Keys[i], k}, [2]*Node{prefix.Values[i], v}, mask, c.AttentionSoftcap)
		})
	}
	return Squeeze(Logits(s, c, block.RMSNormAroundOne(s.In("norm"), x)), 1), next
}

// put writes one place's keys or values [B, K, 1, D] into the cache.
func put(cache, one, place *Node) *Node {
	zero := Const(cache.Graph(), int32(0))
	return DynamicUpdateSlice(cache, one, []*Node{zero, zero, place, zero})
}

// stepMasks returns the attention biases [B, 1, 1, Lp+room] of a token at position now [B], the
// n-th after the prefix.
func stepMasks(c Config, positions, now, n *Node, room int) (all, near *Node) {
	batch, g := positions.Shape().Dimensions[0], positions.Graph()
	place := Iota(g, shapes.Make(dtypes.Int32, batch, room), 1)
	hidden := Concatenate([]*Node{
		Equal(positions, ZerosLike(positions)),
		GreaterThan(place, BroadcastToDims(n, batch, room)),
	}, -1)
	all = InsertAxes(bias(hidden), 1, 1)
	if c.Window == 0 {
		return all, all
	}
	ahead := Sub(BroadcastToDims(n, batch, room), place)
	distance := Concatenate([]*Node{Sub(InsertAxes(now, -1), positions), ahead}, -1)
	far := GreaterOrEqual(distance, Const(g, int32(c.Window)))
	return all, InsertAxes(bias(LogicalOr(hidden, far)), 1, 1)
}
