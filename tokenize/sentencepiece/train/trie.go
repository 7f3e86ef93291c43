package train

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/tokenize/internal/doublearray"
)

// trie maps pieces to ids and scores. It is a double array (Aoe 1989) addressed by exclusive or:
// the child of node n for byte c is unit n.base ^ c, if the parent of that unit is n.
type trie struct {
	units []trieUnit
	ends  []uint32 // the unit of each piece that the trie was built with
}

type trieUnit struct {
	base, parent uint32
	id           int32 // or -1
	score        float32
}

const noUnit = ^uint32(0)

// newTrie builds a trie of pieces, whose ids are their places. They must differ and not be empty.
func newTrie(pieces []piece) *trie {
	b := trieBuilder{pieces: pieces, order: make([]int32, len(pieces)), ends: make([]uint32, len(pieces)), blocks: doublearray.Blocks{MaxOpen: 8, MaxMisses: 32}}
	for i := range b.order {
		b.order[i] = int32(i)
	}
	slices.SortFunc(b.order, func(a, b int32) int { return strings.Compare(pieces[a].text, pieces[b].text) })
	b.blocks.AddBlock()
	b.blocks.Reserve(0) // the root
	b.addBlocks()
	b.units[0].parent = noUnit - 1
	b.queue = []subtrie{{end: len(pieces)}}
	for len(b.queue) > 0 {
		next := b.queue[0]
		b.queue = b.queue[1:]
		b.add(next)
	}
	return &trie{b.units, b.ends}
}

// trieBuilder builds a trie level by level.
type trieBuilder struct {
	pieces []piece
	order  []int32 // the places of pieces, sorted by text
	blocks doublearray.Blocks
	units  []trieUnit
	ends   []uint32
	queue  []subtrie
	labels []byte // scratch space of add
}

// subtrie is a node without its children: those of order[begin:end] from byte depth on.
type subtrie struct {
	node       uint32
	depth      int
	begin, end int
}

// add gives a node its id and its children, and queues the children.
func (b *trieBuilder) add(s subtrie) {
	byteOf := func(at int) byte { return b.pieces[b.order[at]].text[s.depth] }
	if first := b.order[s.begin]; len(b.pieces[first].text) == s.depth {
		b.units[s.node].id, b.units[s.node].score = first, b.pieces[first].score
		b.ends[first] = s.node
		s.begin++
	}
	if s.begin == s.end {
		return
	}
	b.labels = b.labels[:0]
	for i := s.begin; i < s.end; i++ {
		if c := byteOf(i); len(b.labels) == 0 || b.labels[len(b.labels)-1] != c {
			b.labels = append(b.labels, c)
		}
	}
	base := b.blocks.Place(b.labels)
	b.addBlocks()
	b.units[s.node].base = base
	for begin, i := s.begin, 0; i < len(b.labels); i++ {
		end := begin
		for end < s.end && byteOf(end) == b.labels[i] {
			end++
		}
		child := base ^ uint32(b.labels[i])
		b.units[child].parent = s.node
		b.queue = append(b.queue, subtrie{child, s.depth + 1, begin, end})
		begin = end
	}
}

// addBlocks adds the units of new blocks.
func (b *trieBuilder) addBlocks() {
	for len(b.units) < b.blocks.Len() {
		b.units = append(b.units, trieUnit{parent: noUnit, id: -1})
	}
}
