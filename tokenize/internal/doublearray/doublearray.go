// Package doublearray finds room for the nodes of a double-array trie (Aoe 1989) that is addressed
// by exclusive or: the child of a node for byte c is the unit base ^ c, where base is the node's
// own and no other node's. So a unit that has the label c at base ^ c is certainly that child.
//
// [Blocks] only decides where nodes go. Three tries use it, each with units of its own format: the
// pieces of a model (sentencepiece), the candidates of a trainer (sentencepiece/train), and the
// rules of a normalizer (charsmap), whose layout is part of the .model format.
package doublearray

import "math/bits"

// Blocks records which units and which bases of a double array are taken, in blocks of 256 units. A
// base and the units of its labels are in the same block. Only some blocks, the open ones, are
// searched for room, so that building a trie takes time linear in the number of its nodes.
//
// The zero value with the limits set is an empty array.
type Blocks struct {
	MaxOpen   int // how many blocks are open at most: the newest ones
	MaxMisses int // after how many searches in vain a block is closed; 0 for never

	free   []bitmap // units
	unused []bitmap // bases
	open   []int
	misses []int
}

// Len returns the number of units, a multiple of 256.
func (b *Blocks) Len() int { return len(b.free) << 8 }

// AddBlock adds 256 units. Place does so where it needs to.
func (b *Blocks) AddBlock() {
	all := bitmap{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	b.free, b.unused, b.misses = append(b.free, all), append(b.unused, all), append(b.misses, 0)
	if b.open = append(b.open, len(b.free)-1); len(b.open) > b.MaxOpen {
		b.open = b.open[1:]
	}
}

// Reserve takes a unit and the base of the same number.
func (b *Blocks) Reserve(at uint32) {
	b.free[at>>8].clear(uint8(at))
	b.unused[at>>8].clear(uint8(at))
}

// IsFree reports whether no label has taken a unit.
func (b *Blocks) IsFree(unit uint32) bool { return b.free[unit>>8].has(uint8(unit)) }

// UnusedBase returns a base of the block that no node has, or the last base if all have nodes.
func (b *Blocks) UnusedBase(block int) uint32 {
	for w, bases := range b.unused[block] {
		if bases != 0 {
			return uint32(block<<8 | w<<6 | bits.TrailingZeros64(bases))
		}
	}
	return uint32(block<<8 | 255)
}

// Place finds a base that no node has and at which the units of all labels are free, and takes base
// and units. Labels must not be empty. After it, Len may have grown.
func (b *Blocks) Place(labels []byte) (base uint32) {
	base, ok := b.search(labels)
	if !ok {
		b.AddBlock()
		base, _ = b.searchBlock(len(b.free)-1, labels)
	}
	b.unused[base>>8].clear(uint8(base))
	free := &b.free[base>>8]
	for _, c := range labels {
		free.clear(uint8(base) ^ c)
	}
	return base
}

// search looks through the open blocks, the oldest first. Where that closes a block, it goes to the
// newest at once.
func (b *Blocks) search(labels []byte) (base uint32, ok bool) {
	for i, block := range b.open {
		if base, ok := b.searchBlock(block, labels); ok {
			return base, true
		}
		if b.MaxMisses == 0 {
			continue
		}
		if b.misses[block]++; b.misses[block] > b.MaxMisses {
			b.open = append(b.open[:i:i], b.open[i+1:]...)
			if len(b.open) == 0 {
				return 0, false
			}
			return b.searchBlock(b.open[len(b.open)-1], labels)
		}
	}
	return 0, false
}

// searchBlock returns the base at which the unit of the first label is the lowest.
func (b *Blocks) searchBlock(block int, labels []byte) (base uint32, ok bool) {
	free, unused := &b.free[block], &b.unused[block]
	first := labels[0]
	if len(labels) == 1 { // most nodes
		return searchOne(block, free, unused, first)
	}
	for w, units := range free { // units are those that the first label could have
		if units != 0 {
			units &= unused.xor(w, first)
		}
		for _, c := range labels[1:] {
			if units == 0 {
				break
			}
			units &= free.xor(w, first^c)
		}
		if units != 0 {
			return uint32(block<<8|w<<6|bits.TrailingZeros64(units)) ^ uint32(first), true
		}
	}
	return 0, false
}

// searchOne is searchBlock for one label. Most blocks have few free units, so it tries them one by
// one.
func searchOne(block int, free, unused *bitmap, label byte) (base uint32, ok bool) {
	for w, units := range free {
		for ; units != 0; units &= units - 1 {
			at := uint8(w<<6|bits.TrailingZeros64(units)) ^ label
			if unused.has(at) {
				return uint32(block<<8) | uint32(at), true
			}
		}
	}
	return 0, false
}

// bitmap has a bit for each of the 256 units, or bases, of a block.
type bitmap [4]uint64

func (m *bitmap) has(i uint8) bool { return m[i>>6]>>(i&63)&1 == 1 }
func (m *bitmap) clear(i uint8)    { m[i>>6] &^= 1 << (i & 63) }

// xor returns word w of the bitmap whose bit i is bit i ^ c of m.
func (m *bitmap) xor(w int, c byte) uint64 {
	x := m[(w^int(c>>6))&3]
	if c&1 != 0 {
		x = x>>1&0x5555555555555555 | x&0x5555555555555555<<1
	}
	if c&2 != 0 {
		x = x>>2&0x3333333333333333 | x&0x3333333333333333<<2
	}
	if c&4 != 0 {
		x = x>>4&0x0f0f0f0f0f0f0f0f | x&0x0f0f0f0f0f0f0f0f<<4
	}
	if c&8 != 0 {
		x = x>>8&0x00ff00ff00ff00ff | x&0x00ff00ff00ff00ff<<8
	}
	if c&16 != 0 {
		x = x>>16&0x0000ffff0000ffff | x&0x0000ffff0000ffff<<16
	}
	if c&32 != 0 {
		x = x>>32 | x<<32
	}
	return x
}
