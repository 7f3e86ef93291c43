package sentencepiece

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/internal/doublearray"
)

// trieKey is a string to put into a trie: the text of a piece.
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

// at returns byte i of the text. Most texts are short, so that prefix has it.
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

// sortKeys sorts keys by text, then by id.
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

// sortByPrefix sorts keys by prefix: a radix sort from the last byte to the first.
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
	b := trieBuilder{pieces: pieces, keys: keys, blocks: doublearray.Blocks{MaxOpen: 4}, units: make([]trieNode, 0, 3*len(keys))}
	b.blocks.AddBlock()
	b.blocks.Reserve(0) // the root, and the base of nodes without children
	b.addBlocks()
	b.stack = append(b.stack, subtrie{end: uint32(len(keys))})
	for len(b.stack) > 0 && len(b.units) <= maxTrieUnits {
		next := b.stack[len(b.stack)-1]
		b.stack = b.stack[:len(b.stack)-1]
		b.add(next)
	}
	if len(b.units) > maxTrieUnits {
		return nil, fmt.Errorf("%d pieces have more than %d different beginnings, which is the most that is supported", len(keys), maxTrieUnits)
	}
	ids := make([]int32, len(keys))
	for i := range keys {
		ids[i] = keys[i].id
	}
	return &trie{units: b.units, ids: ids, pairs: b.pairs}, nil
}

// trieBuilder builds a trie from the root down.
type trieBuilder struct {
	pieces []Piece
	keys   []trieKey
	blocks doublearray.Blocks
	units  []trieNode
	pairs  [256]bitmap256
	stack  []subtrie

	labels []byte   // scratch space of add: the bytes that lead to the children of a node,
	begins []uint32 // and the first key of each child
}

// subtrie is a node without its children: those of keys[begin:end] from byte depth on.
type subtrie struct{ node, depth, begin, end uint32 }

// add gives a node its children and pushes those that have children themselves.
func (b *trieBuilder) add(s subtrie) {
	if s.end-s.begin == 1 {
		b.addTail(s)
		return
	}
	if s.begin < s.end && b.keys[s.begin].size == s.depth {
		b.units[s.node] |= trieNode(s.begin+1) << 9
		s.begin++
	}
	if s.begin == s.end {
		return
	}
	b.labels, b.begins = b.labels[:0], b.begins[:0]
	for i := s.begin; i < s.end; i++ {
		if c := b.keys[i].at(b.pieces, s.depth); len(b.labels) == 0 || b.labels[len(b.labels)-1] != c {
			b.labels, b.begins = append(b.labels, c), append(b.begins, i)
		}
	}
	base := b.place(s.node, b.labels)
	b.begins = append(b.begins, s.end)
	for i, c := range b.labels {
		b.stack = append(b.stack, subtrie{base ^ uint32(c), s.depth + 1, b.begins[i], b.begins[i+1]})
	}
}

// addTail adds the rest of the only key below a node.
func (b *trieBuilder) addTail(s subtrie) {
	k, node := &b.keys[s.begin], s.node
	var label [1]byte
	for depth := s.depth; depth < k.size; depth++ {
		label[0] = k.at(b.pieces, depth)
		node = b.place(node, label[:]) ^ uint32(label[0])
	}
	b.units[node] |= trieNode(s.begin+1) << 9
}

// place finds room for the children of a node.
func (b *trieBuilder) place(node uint32, labels []byte) (base uint32) {
	base = b.blocks.Place(labels)
	if len(b.units) < b.blocks.Len() {
		b.addBlocks()
	}
	n := b.units[node] | trieNode(base)<<trieBase
	after := &b.pairs[byte(n)] // of the root, whose label is 0: the bytes that strings begin with
	for _, c := range labels {
		after[c>>6] |= 1 << (c & 63)
		n |= 1 << (trieLeads + c&7)
		b.units[base^uint32(c)] = trieUsed | trieNode(c)
	}
	b.units[node] = n
	return base
}

// addBlocks adds the units of new blocks.
func (b *trieBuilder) addBlocks() {
	for len(b.units) < b.blocks.Len() {
		b.units = append(b.units, make([]trieNode, 256)...)
	}
}

// bitmap256 has a bit for each byte.
type bitmap256 [4]uint64
