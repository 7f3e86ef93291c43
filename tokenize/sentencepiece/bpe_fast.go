package sentencepiece

import "math"

// wordSymbol is a symbol of a word.
type wordSymbol struct {
	node       trieNode // as in symbol
	prev, next uint8    // the number of symbols at the end
	begin, end uint8
}

// maxWordSymbols is up to how many symbols the best pair is looked for among all, which is quicker
// than an agenda.
const maxWordSymbols = 48

// bpeWord is the scratch space of bpe.word. order[i], where it is not 0, is the order of the merge
// of symbols[i] with the next one, and merged[i] where that leads in the trie.
type bpeWord struct {
	symbols [maxWordSymbols]wordSymbol
	order   [maxWordSymbols]uint64
	merged  [maxWordSymbols]trieNode
}

// word is segment for a word by itself. Scores do not add up here, so it is the same in all texts;
// but which parts an unused piece falls into depends on all of the text.
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

// split makes a symbol of every character and every user-defined piece. It returns their number,
// below 0 if there are too many.
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

// pair looks whether a symbol and the next make a piece.
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

// join merges a symbol with the next one and looks what that makes possible.
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
