package sentencepiece

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// trieKey is one string of a trie, by the id of its piece.
type trieKey struct {
	prefix uint64 // the first eight bytes of the text
	id     int32
	size   uint32 // of the text
}

func newTrieKey(pieces []Piece, id int32) trieKey {
	var first [8]byte
	size := len(pieces[id].Text)
	copy(first[:], pieces[id].Text)
	return trieKey{binary.BigEndian.Uint64(first[:]), id, uint32(size)}
}

// at returns byte i of the text. Most texts are short, and need no look at the piece.
func (k *trieKey) at(pieces []Piece, i uint32) byte {
	if i < 8 {
		return byte(k.prefix >> (56 - 8*i))
	}
	return pieces[k.id].Text[i]
}

// equals reports whether both keys have the same text.
func (k *trieKey) equals(o *trieKey, pieces []Piece) bool {
	return k.prefix == o.prefix && k.size == o.size && (k.size <= 8 || pieces[k.id].Text == pieces[o.id].Text)
}

// sortKeys puts keys into the order of their texts, then of their ids.
func sortKeys(pieces []Piece, keys []trieKey) {
	sortByPrefix(keys)
	for begin, end := 0, 0; begin < len(keys); begin = end {
		for end = begin + 1; end < len(keys) && keys[end].prefix == keys[begin].prefix; end++ {
		}
		if end-begin > 1 {
			slices.SortFunc(keys[begin:end], func(a, b trieKey) int {
				return cmp.Or(strings.Compare(pieces[a.id].Text, pieces[b.id].Text), cmp.Compare(a.id, b.id))
			})
		}
	}
}

// sortByPrefix sorts keys by their prefixes, a byte at a time from the last.
func sortByPrefix(keys []trieKey) {
	from, to := keys, make([]trieKey, len(keys))
	for shift := 0; shift < 64; shift += 8 {
		var places [256]int
		for i := range from {
			places[byte(from[i].prefix>>shift)]++
		}
		if places[0] == len(from) {
			continue
		}
		at := 0
		for c, n := range places {
			places[c] = at
			at += n
		}
		for i := range from {
			place := &places[byte(from[i].prefix>>shift)]
			to[*place] = from[i]
			*place++
		}
		from, to = to, from
	}
	copy(keys, from)
}

// newTrie builds the trie of keys, which must be sorted, unique and not empty.
func newTrie(pieces []Piece, keys []trieKey) (*trie, error) {
	b := trieBuilder{units: make([]trieNode, 0, 3*len(keys))}
	b.addBlock()
	b.free[0][0] &^= 1  // the root
	b.bases[0][0] &^= 1 // base 0 is that of nodes without children
	// A stack of nodes whose children are not yet placed: those of keys[begin:end] from byte depth
	// on.
	type task struct{ node, depth, begin, end uint32 }
	stack := []task{{end: uint32(len(keys))}}
	var labels []byte
	var begins []uint32
	for len(stack) > 0 {
		if len(b.units) > maxTrieUnits {
			return nil, tooManyUnits(len(keys))
		}
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.end-t.begin == 1 {
			b.addTail(t.node, &keys[t.begin], pieces, t.depth, t.begin)
			continue
		}
		if t.begin < t.end {
			if k := &keys[t.begin]; k.size == t.depth {
				b.units[t.node] |= trieNode(t.begin+1) << 9
				t.begin++
			}
		}
		if t.begin == t.end {
			continue
		}
		labels, begins = labels[:0], begins[:0]
		for i := t.begin; i < t.end; i++ {
			if c := keys[i].at(pieces, t.depth); len(labels) == 0 || labels[len(labels)-1] != c {
				labels, begins = append(labels, c), append(begins, i)
			}
		}
		base := b.place(t.node, labels)
		begins = append(begins, t.end)
		for i, c := range labels {
			stack = append(stack, task{base ^ uint32(c), t.depth + 1, begins[i], begins[i+1]})
		}
	}
	if len(b.units) > maxTrieUnits {
		return nil, tooManyUnits(len(keys))
	}
	ids := make([]int32, len(keys))
	for i := range keys {
		ids[i] = keys[i].id
	}
	return &trie{units: b.units, ids: ids, pairs: b.pairs}, nil
}

func tooManyUnits(pieces int) error {
	return fmt.Errorf("%d pieces have more than %d different beginnings, which is the most that is supported", pieces, maxTrieUnits)
}

// bitmap256 has a bit for each byte, or for each unit of a block.
type bitmap256 [4]uint64

// xor returns word w of the bitmap whose bit i is bit i ^ c of m.
func (m *bitmap256) xor(w int, c byte) uint64 {
	x := m[w^int(c>>6)]
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

// trieBuilder places nodes into blocks of 256 units. Only the newest blocks are searched for room,
// so that building stays linear in the number of nodes.
type trieBuilder struct {
	units []trieNode
	free  []bitmap256 // units not in use
	bases []bitmap256 // bases that no node has
	pairs [256]bitmap256
}

const searchedBlocks = 4

func (b *trieBuilder) addBlock() {
	all := bitmap256{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	b.units = append(b.units, make([]trieNode, 256)...)
	b.free = append(b.free, all)
	b.bases = append(b.bases, all)
}

// place finds a base at which a unit is free for every label and gives those units to node.
func (b *trieBuilder) place(node uint32, labels []byte) (base uint32) {
	if len(labels) == 1 {
		base = b.findBaseOf(labels[0])
	} else {
		base = b.findBase(labels)
	}
	b.bases[base>>8][base>>6&3] &^= 1 << (base & 63)
	b.units[node] |= trieNode(base) << trieBase
	after := &b.pairs[byte(b.units[node])] // of the root, whose label is 0, what strings begin with
	for _, c := range labels {
		after[c>>6] |= 1 << (c & 63)
		b.units[node] |= 1 << (trieLeads + c&7)
		unit := base ^ uint32(c)
		b.units[unit] = trieUsed | trieNode(c)
		b.free[unit>>8][unit>>6&3] &^= 1 << (unit & 63)
	}
	return base
}

// addTail adds to a node what a key has from byte depth on, of which the key is the only one.
func (b *trieBuilder) addTail(node uint32, k *trieKey, pieces []Piece, depth, place uint32) {
	var label [1]byte
	for ; depth < k.size; depth++ {
		label[0] = k.at(pieces, depth)
		node = b.place(node, label[:]) ^ uint32(label[0])
	}
	b.units[node] |= trieNode(place+1) << 9
}

// findBase returns a base at which a unit is free for every label.
func (b *trieBuilder) findBase(labels []byte) uint32 {
	for block := max(0, len(b.free)-searchedBlocks); ; block++ {
		if block == len(b.free) {
			b.addBlock()
		}
		free := &b.free[block]
		if free[0]|free[1]|free[2]|free[3] == 0 {
			continue
		}
		for w, found := range b.bases[block] {
			for _, c := range labels {
				if found &= free.xor(w, c); found == 0 {
					break
				}
			}
			if found != 0 {
				return uint32(block<<8 | w<<6 | bits.TrailingZeros64(found))
			}
		}
	}
}

// findBaseOf is findBase for one label, which goes through the free units of the last blocks.
func (b *trieBuilder) findBaseOf(label byte) uint32 {
	for block := max(0, len(b.free)-2); ; block++ {
		if block == len(b.free) {
			b.addBlock()
		}
		if base, ok := b.free[block].baseOf(&b.bases[block], label); ok {
			return uint32(block<<8 | base)
		}
	}
}

// baseOf returns one of bases at which a unit of m is free for the label c.
func (m *bitmap256) baseOf(bases *bitmap256, c byte) (base int, ok bool) {
	for w, units := range m {
		for ; units != 0; units &= units - 1 {
			base = (w<<6 | bits.TrailingZeros64(units)) ^ int(c)
			if bases[base>>6]>>(base&63)&1 != 0 {
				return base, true
			}
		}
	}
	return 0, false
}
