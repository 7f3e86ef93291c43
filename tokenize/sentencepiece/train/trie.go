package train

import (
	"math/bits"
	"slices"
	"strings"
)

// trie maps pieces to ids and scores. It is a double array (Aoe 1989) addressed by exclusive or:
// the child of node n for byte c is n's base ^ c, if that unit's parent is n.
type trie struct {
	units []trieUnit
	ends  []uint32 // the unit of each piece that it was built with
}

type trieUnit struct {
	base, parent uint32
	id           int32 // or -1
	score        float32
}

const noUnit = ^uint32(0)

// newTrie gives pieces their places as ids. They must differ and not be empty.
func newTrie(pieces []piece) *trie {
	order := make([]int32, len(pieces))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(pieces[a].text, pieces[b].text) })
	b := trieBuilder{}
	ends := make([]uint32, len(pieces))
	b.addBlock()
	b.take(0, noUnit-1)
	type task struct {
		node       uint32
		depth      int
		begin, end int
	}
	queue := []task{{0, 0, 0, len(order)}}
	labels := make([]byte, 0, 256)
	for len(queue) > 0 {
		t := queue[0]
		queue = queue[1:]
		keys := order[t.begin:t.end]
		if len(pieces[keys[0]].text) == t.depth {
			b.units[t.node].id, b.units[t.node].score = keys[0], pieces[keys[0]].score
			ends[keys[0]] = t.node
			keys = keys[1:]
		}
		if len(keys) == 0 {
			continue
		}
		labels = labels[:0]
		for _, k := range keys {
			if c := pieces[k].text[t.depth]; len(labels) == 0 || labels[len(labels)-1] != c {
				labels = append(labels, c)
			}
		}
		base := b.place(t.node, labels)
		begin := t.end - len(keys)
		for _, c := range labels {
			end := begin
			for end < t.end && pieces[order[end]].text[t.depth] == c {
				end++
			}
			queue = append(queue, task{base ^ uint32(c), t.depth + 1, begin, end})
			begin = end
		}
	}
	return &trie{b.units, ends}
}

// trieBuilder places nodes into blocks of 256 units. Only some blocks are searched for room, so
// that building is linear in the number of nodes.
type trieBuilder struct {
	units []trieUnit
	free  [][4]uint64 // a bit for each unit of a block
	tries []int       // how often each block was searched in vain
	open  []int       // the blocks that are searched
}

const (
	openBlocks = 8
	blockTries = 32
)

func (b *trieBuilder) addBlock() {
	for range 256 {
		b.units = append(b.units, trieUnit{parent: noUnit, id: -1})
	}
	b.free = append(b.free, [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)})
	b.tries = append(b.tries, 0)
	if b.open = append(b.open, len(b.free)-1); len(b.open) > openBlocks {
		b.open = slices.Delete(b.open, 0, 1)
	}
}

func (b *trieBuilder) take(unit, parent uint32) {
	b.units[unit].parent = parent
	b.free[unit>>8][unit>>6&3] &^= 1 << (unit & 63)
}

// place finds a base at which a unit is free for every label and gives those units to node.
func (b *trieBuilder) place(node uint32, labels []byte) (base uint32) {
	base, ok := b.find(labels)
	if !ok {
		b.addBlock()
		base, _ = b.findIn(len(b.free)-1, labels)
	}
	b.units[node].base = base
	for _, c := range labels {
		b.take(base^uint32(c), node)
	}
	return base
}

func (b *trieBuilder) find(labels []byte) (base uint32, ok bool) {
	for i := 0; i < len(b.open); i++ {
		block := b.open[i]
		if base, ok := b.findIn(block, labels); ok {
			return base, true
		}
		if b.tries[block]++; b.tries[block] > blockTries {
			b.open = slices.Delete(b.open, i, i+1)
			i--
		}
	}
	return 0, false
}

func (b *trieBuilder) findIn(block int, labels []byte) (base uint32, ok bool) {
	for word, free := range b.free[block] {
	units:
		for ; free != 0; free &= free - 1 {
			base := (uint32(block)<<8 | uint32(word)<<6 | uint32(bits.TrailingZeros64(free))) ^ uint32(labels[0])
			for _, c := range labels[1:] {
				if b.units[base^uint32(c)].parent != noUnit {
					continue units
				}
			}
			return base, true
		}
	}
	return 0, false
}
