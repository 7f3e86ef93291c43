package sentencepiece

import "math"

// wordSymbol is a symbol of a single word.
type wordSymbol struct {
	node       trieNode // as in symbol
	prev, next uint8    // next is the number of symbols if there is none
	begin, end uint8
}

// maxWordSymbols is the number of symbols up to which scanning all pairs for the best one is faster
// than a heap.
const maxWordSymbols = 48

// bpeWord is the scratch space of bpe.segmentFast. If symbols[i] and the next one make a piece,
// order[i] is the order of that merge and merged[i] its node in the trie; otherwise order[i] is 0.
type bpeWord struct {
	symbols [maxWordSymbols]wordSymbol
	order   [maxWordSymbols]uint64
	merged  [maxWordSymbols]trieNode
}

// segmentFast finds the pieces of a word. BPE scores are not summed, so they are the same in every
// text, except that the split of an unused piece depends on the whole text.
func (b *bpe) segmentFast(w *scratch, text []byte) (limit float32) {
	if b.unused != nil {
		return -1
	}
	s := &w.bpeWord
	n := s.split(b, text)
	if n < 0 {
		return -1
	}
	order := s.order[:n]
	for i := range order {
		s.pair(b, text, i, n)
	}
	for {
		top := uint64(0)
		for _, o := range order {
			top = max(top, o)
		}
		if top == 0 {
			break
		}
		s.join(b, text, int(^uint32(top)), n)
	}
	count := 0
	for i := 0; i < n; i = int(s.symbols[i].next) {
		symbol := &s.symbols[i]
		id := b.pieces.id(symbol.node)
		if id < 0 {
			id = b.unk
		}
		if symbol.node == trieFrozen {
			id = b.pieces.find(text[symbol.begin:symbol.end], b.unk)
		}
		w.room[count] = found{id: id, end: int32(symbol.end)}
		count++
	}
	w.found = w.room[:count]
	return math.MaxFloat32
}

// split makes a symbol of every character and every user-defined piece. It returns their number, or
// -1 if there are too many.
func (s *bpeWord) split(b *bpe, text []byte) (n int) {
	for at := 0; at < len(text); n++ {
		if n == maxWordSymbols {
			return -1
		}
		symbol := wordSymbol{prev: uint8(n - 1), next: uint8(n + 1), begin: uint8(at), node: trieFrozen}
		size := 0
		if b.symbols != nil {
			size = longestPrefix(b.symbols, text[at:], maxSymbolMatches)
		}
		if size > 0 {
			at += size
		} else {
			symbol.node, at = b.pieces.character(text, at)
		}
		symbol.end = uint8(at)
		s.symbols[n] = symbol
	}
	return n
}

// pair sets order and merged of a symbol.
func (s *bpeWord) pair(b *bpe, text []byte, left, n int) {
	s.order[left] = 0
	l := &s.symbols[left]
	if int(l.next) >= n || l.node.base() == 0 {
		return
	}
	r := &s.symbols[l.next]
	if r.node == trieFrozen {
		return
	}
	merged := b.walk(l.node, text[r.begin:r.end])
	if piece := merged.piece(); piece > 0 {
		s.merged[left] = merged
		s.order[left] = uint64(b.ranks[piece-1])<<32 | uint64(^uint32(left))
	}
}

// join merges a symbol with the next one and updates the pairs it is part of.
func (s *bpeWord) join(b *bpe, text []byte, left, n int) {
	l := &s.symbols[left]
	r := &s.symbols[l.next]
	l.node = s.merged[left]
	l.end = r.end
	s.order[l.next] = 0
	if l.next = r.next; int(l.next) < n {
		s.symbols[l.next].prev = uint8(left)
	}
	s.pair(b, text, left, n)
	if left > 0 {
		s.pair(b, text, int(l.prev), n)
	}
}
