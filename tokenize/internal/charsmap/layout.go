package charsmap

import (
	"errors"

	"github.com/pali3/pali3/tokenize/internal/doublearray"
)

// layOut gives every node of the graph a base, and each of its edges the unit at base ^ label. The
// value of a node is the unit at the base itself, as if an edge over the byte 0 led there.
func (g *graph) layOut(root int32) ([]uint32, error) {
	blocks := doublearray.Blocks{MaxOpen: 16, MaxMisses: 64}
	blocks.AddBlock()
	blocks.Reserve(0) // the unit that leads to the root
	units := make([]uint32, blocks.Len())
	bases := make([]uint32, len(g.nodes))
	labels := make([]byte, 0, 257)
	for id := range g.nodes { // children precede their parents
		n := &g.nodes[id]
		labels = labels[:0]
		if n.value >= 0 {
			labels = append(labels, 0)
		}
		for _, e := range n.edges {
			labels = append(labels, e.label)
		}
		base := blocks.Place(labels)
		for len(units) < blocks.Len() {
			units = append(units, 0)
		}
		bases[id] = base
		if n.value >= 0 {
			units[base] = uint32(n.value) | isValue
		}
		for _, e := range n.edges {
			unit := base ^ uint32(e.label)
			units[unit] = g.unit(unit^bases[e.to], e)
		}
	}
	if len(units) > nearLimit {
		return nil, errors.New("too many normalization rules: their trie has more than 2,097,152 units")
	}
	units[0] = bases[root] << offsetBits
	labelUnused(&blocks, units)
	return units, nil
}

func (g *graph) unit(offset uint32, e edge) uint32 {
	unit := offset<<offsetBits | uint32(e.label)
	if g.nodes[e.to].value >= 0 {
		unit |= hasValue
	}
	return unit
}

// labelUnused labels the free units as children of a base that no node has, so that no node leads
// to them.
func labelUnused(blocks *doublearray.Blocks, units []uint32) {
	for block := range len(units) >> 8 {
		unused := blocks.UnusedBase(block)
		for unit := uint32(block) << 8; unit < uint32(block+1)<<8; unit++ {
			if blocks.IsFree(unit) {
				units[unit] = (unit ^ unused) & 0xff
			}
		}
	}
}
