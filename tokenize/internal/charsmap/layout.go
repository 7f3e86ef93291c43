package charsmap

import (
	"errors"
	"math/bits"
)

// layOut gives every node of the graph a base, and the unit at base^label to each of its edges. A
// node's value is at its base itself: the edge over the byte 0. No two nodes share a base, so that
// a unit with the right label is never another node's.
func (g *graph) layOut(root int32) ([]uint32, error) {
	a := array{}
	bases := make([]uint32, len(g.nodes))
	a.add()
	a.take(0) // the unit that leads to the root
	a.based[0] = true
	labels := make([]byte, 0, 257)
	for id := range g.nodes { // children come before their parents
		n := &g.nodes[id]
		labels = labels[:0]
		if n.value >= 0 {
			labels = append(labels, 0)
		}
		for _, e := range n.edges {
			labels = append(labels, e.label)
		}
		base := a.place(labels)
		bases[id] = base
		if n.value >= 0 {
			a.units[base] = uint32(n.value) | isValue
		}
		for _, e := range n.edges {
			unit := base ^ uint32(e.label)
			a.units[unit] = g.unit(unit^bases[e.to], e)
		}
	}
	if len(a.units) > nearLimit {
		return nil, errors.New("too many normalization rules: their trie has more than 2,097,152 units")
	}
	a.units[0] = bases[root] << offsetBits
	a.fillUnused()
	return a.units, nil
}

func (g *graph) unit(offset uint32, e edge) uint32 {
	unit := offset<<offsetBits | uint32(e.label)
	if g.nodes[e.to].value >= 0 {
		unit |= hasValue
	}
	return unit
}

// array is a double array being filled, in blocks of 256 units: a base and its units are in one
// block.
type array struct {
	units []uint32
	free  [][4]uint64 // a bit for each unit of a block
	based []bool      // units that are the base of a node
	open  []int       // blocks that are searched for room
	tries []int       // how often each block was searched in vain
}

const (
	maxOpen  = 16 // blocks searched for room
	maxTries = 64 // searches in vain after which a block counts as full
)

func (a *array) add() {
	a.units = append(a.units, make([]uint32, 256)...)
	a.based = append(a.based, make([]bool, 256)...)
	a.free = append(a.free, [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)})
	a.tries = append(a.tries, 0)
	if a.open = append(a.open, len(a.free)-1); len(a.open) > maxOpen {
		a.open = a.open[1:]
	}
}

func (a *array) isFree(unit uint32) bool { return a.free[unit>>8][unit>>6&3]>>(unit&63)&1 == 1 }
func (a *array) take(unit uint32)        { a.free[unit>>8][unit>>6&3] &^= 1 << (unit & 63) }

// place finds a base at which the units of all labels are free, and takes them. Labels are not
// empty.
func (a *array) place(labels []byte) uint32 {
	base, ok := a.find(labels)
	if !ok {
		a.add()
		base, _ = a.findIn(len(a.free)-1, labels)
	}
	a.based[base] = true
	for _, c := range labels {
		a.take(base ^ uint32(c))
	}
	return base
}

func (a *array) find(labels []byte) (uint32, bool) {
	for i, block := range a.open {
		if base, ok := a.findIn(block, labels); ok {
			return base, true
		}
		if a.tries[block]++; a.tries[block] > maxTries {
			a.open = append(a.open[:i:i], a.open[i+1:]...)
			break
		}
	}
	if len(a.open) == 0 {
		return 0, false
	}
	return a.findIn(a.open[len(a.open)-1], labels)
}

func (a *array) findIn(block int, labels []byte) (uint32, bool) {
	for word, free := range a.free[block] {
		for ; free != 0; free &= free - 1 {
			unit := uint32(block)<<8 | uint32(word)<<6 | uint32(bits.TrailingZeros64(free))
			if base := unit ^ uint32(labels[0]); !a.based[base] && a.fits(base, labels) {
				return base, true
			}
		}
	}
	return 0, false
}

func (a *array) fits(base uint32, labels []byte) bool {
	for _, c := range labels {
		if !a.isFree(base ^ uint32(c)) {
			return false
		}
	}
	return true
}

// fillUnused labels free units so that no node leads to them: as children of a base that no node
// has.
func (a *array) fillUnused() {
	for block := range a.free {
		first := uint32(block) << 8
		unused := first
		for unused < first+255 && a.based[unused] {
			unused++
		}
		for unit := first; unit < first+256; unit++ {
			if a.isFree(unit) {
				a.units[unit] = (unit ^ unused) & 0xff
			}
		}
	}
}
