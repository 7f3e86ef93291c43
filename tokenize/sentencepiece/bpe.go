package sentencepiece

import (
	"math"
	"slices"
)

// bpe segments text by merging neighbours, starting from characters. Of all pairs that make a piece
// it merges the one of highest score first, the leftmost of equals (bpe_model.cc).
type bpe struct {
	pieces  *trie
	symbols *trie    // user-defined pieces, which are never merged; nil without any
	ranks   []uint32 // by place in the trie: the rank of the score
	unused  []bool   // by id: the piece is unused; nil if none is
	unk     int32
}

func newBPE(pieces []Piece, byText, symbols *trie, unk int32) *bpe {
	b := &bpe{pieces: byText, symbols: symbols, unk: unk, ranks: make([]uint32, len(byText.ids))}
	for at, id := range byText.ids {
		b.ranks[at] = rank(pieces[id].Score)
	}
	for id, p := range pieces {
		if p.Kind == Unused && b.unused == nil {
			b.unused = make([]bool, len(pieces))
		}
		if p.Kind == Unused {
			b.unused[id] = true
		}
	}
	return b
}

// rank maps scores to integers of the same order, with -0 below 0.
func rank(score float32) uint32 {
	if b := math.Float32bits(score); b>>31 == 1 {
		return ^b
	} else {
		return b | 1<<31
	}
}

// symbol is a part of the text that may grow into a piece. The symbols of a text are a linked list.
type symbol struct {
	prev, next int32 // -1 at the ends
	begin      int32
	size       int32    // in bytes; 0 after it was merged into the previous symbol
	node       trieNode // the node of its text; trieNoNode if no piece starts with it, trieFrozen if it must not be merged
}

// merge is a pair of neighbouring symbols that make a piece.
type merge struct {
	order uint64 // the rank of the piece, then how far left it is; the highest comes first
	size  int32  // of both symbols together; it tells whether the pair still exists
}

// left returns the number of the left symbol.
func (m merge) left() int32 { return int32(^uint32(m.order)) }

// merges is the scratch space of bpe.segment.
type merges struct {
	symbols []symbol
	heap    mergeHeap
	splits  map[int32]int32 // by unused piece: the size of the left part of its latest merge
}

// segment merges the text between the bytes begin and end.
func (b *bpe) segment(w *scratch, begin, end int) {
	m := &w.merges
	text := w.normalized.text[:end]
	m.symbols = b.split(slices.Grow(m.symbols[:0], characterCount(text[begin:])), text, begin)
	m.heap = slices.Grow(m.heap[:0], len(m.symbols))
	if b.unused != nil {
		m.splits = map[int32]int32{}
	}
	for left := range len(m.symbols) - 1 {
		if found, ok := b.pair(m, text, int32(left)); ok {
			m.heap = append(m.heap, found)
		}
	}
	m.heap.init()
	for len(m.heap) > 0 {
		top := m.heap.pop()
		if m.stale(top) || w.random != nil && w.random.Float64() < w.dropout {
			continue
		}
		b.join(m, text, top.left())
	}
	for at := int32(0); at >= 0 && len(m.symbols) > 0; at = m.symbols[at].next {
		s := m.symbols[at]
		b.emit(w, text[s.begin:s.begin+s.size], s.begin, b.idOf(s, text), 0)
	}
}

// split makes a symbol of every character and every user-defined piece from text[at] on.
func (b *bpe) split(symbols []symbol, text []byte, at int) []symbol {
	for at < len(text) {
		s := symbol{prev: int32(len(symbols)) - 1, next: int32(len(symbols)) + 1, begin: int32(at)}
		size := 0
		if b.symbols != nil {
			size = longestPrefix(b.symbols, text[at:], maxSymbolMatches)
		}
		frozen := size > 0
		if !frozen {
			size = min(charLen(text[at]), len(text)-at)
		}
		s.size = int32(size)
		if s.node = trieFrozen; !frozen {
			s.node = b.walk(b.pieces.root(), text[at:at+size])
		}
		symbols = append(symbols, s)
		at += size
	}
	if len(symbols) > 0 {
		symbols[len(symbols)-1].next = -1
	}
	return symbols
}

// characterCount returns an upper bound of the number of characters.
func characterCount(text []byte) (n int) {
	for at := 0; at < len(text); at += charLen(text[at]) {
		n++
	}
	return n
}

// walk goes from a node over text. It returns trieNoNode if no piece continues so.
func (b *bpe) walk(node trieNode, text []byte) trieNode {
	for _, c := range text {
		next, ok := b.pieces.step(node, c)
		if !ok {
			return trieNoNode
		}
		node = next
	}
	return node
}

// pair returns the merge of a symbol with the next one, if that is a piece.
func (b *bpe) pair(m *merges, text []byte, left int32) (found merge, ok bool) {
	l := &m.symbols[left]
	if l.next < 0 || l.node == trieNoNode || l.node == trieFrozen {
		return found, false
	}
	r := &m.symbols[l.next]
	if r.node == trieFrozen {
		return found, false
	}
	piece := b.walk(l.node, text[r.begin:r.begin+r.size]).piece()
	if piece == 0 {
		return found, false
	}
	if b.unused != nil {
		if id := b.pieces.ids[piece-1]; b.unused[id] {
			m.splits[id] = l.size
		}
	}
	return merge{uint64(b.ranks[piece-1])<<32 | uint64(^uint32(left)), l.size + r.size}, true
}

// join merges a symbol with the next one and pushes the merges that this makes possible.
func (b *bpe) join(m *merges, text []byte, left int32) {
	l := &m.symbols[left]
	r := &m.symbols[l.next]
	l.node = b.walk(l.node, text[r.begin:r.begin+r.size])
	l.size += r.size
	r.size = 0
	if l.next = r.next; l.next >= 0 {
		m.symbols[l.next].prev = left
	}
	for _, of := range [2]int32{l.prev, left} {
		if of < 0 {
			continue
		}
		if found, ok := b.pair(m, text, of); ok {
			m.heap.push(found)
		}
	}
}

// stale reports whether either symbol of the pair has been merged since.
func (m *merges) stale(top merge) bool {
	l := m.symbols[top.left()]
	return l.size == 0 || l.next < 0 || l.size+m.symbols[l.next].size != top.size
}

// maxResegment is how deeply unused pieces are split (bpe_model.cc, kMaxBpeResegmentDepth).
const maxResegment = 100

// emit appends the piece of a symbol. It splits an unused piece into the two it was last merged
// from.
func (b *bpe) emit(w *scratch, text []byte, begin, id int32, depth int) {
	if id == b.unk || b.unused == nil || !b.unused[id] || depth > maxResegment {
		w.segments = append(w.segments, segment{id, begin + int32(len(text))})
		return
	}
	left, ok := w.merges.splits[id]
	if !ok {
		w.segments = append(w.segments, segment{b.unk, begin + int32(len(text))})
		return
	}
	b.emit(w, text[:left], begin, b.pieces.find(text[:left], b.unk), depth+1)
	b.emit(w, text[left:], begin+left, b.pieces.find(text[left:], b.unk), depth+1)
}

// idOf returns the id of a symbol's piece, or of the unknown piece.
func (b *bpe) idOf(s symbol, text []byte) int32 {
	if s.node == trieFrozen {
		return b.pieces.find(text[s.begin:s.begin+s.size], b.unk)
	}
	if id := b.pieces.id(s.node); id >= 0 {
		return id
	}
	return b.unk
}
