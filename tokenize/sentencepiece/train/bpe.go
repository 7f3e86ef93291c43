package train

import (
	"context"
	"strings"
	"unicode"
)

// symbol is a character, or two symbols that merge. Its positions are those of its left part; some
// may be outdated.
type symbol struct {
	text        string
	left, right int32
	chars       int32
	freq        uint64
	active      bool // may still merge
	stale       bool // freq decreased since the symbol was pushed to the queue
	pending     bool // must be pushed to the queue
	positions   []int32
}

// Symbols with a special meaning.
const (
	noSymbol      int32 = -1
	unknownSymbol int32 = 0
	barrierSymbol int32 = 1
)

// bpe merges pairs of symbols, most frequent first (Sennrich, Haddow and Birch, 2016). Every
// position of the text has the symbol that begins there and links to the next and previous symbols
// of its word.
type bpe struct {
	shapes     shapes
	symbols    []symbol
	pairs      pairTable // the symbol that two symbols merge to, or noSymbol
	at         []int32   // by position: the symbol, or noSymbol inside one
	next, prev []int32   // by position: the positions of the next and previous symbol of the word, or -1
	weights    []uint64  // by position: the count of its word
	queue      pairQueue
	pending    []int32
}

func trainBPE(ctx context.Context, c *corpus, o *Options, special int) ([]piece, error) {
	b := &bpe{shapes: newShapes(o), pairs: newPairTable()}
	b.fill(c, c.words(o.SplitByWhitespace))
	merges := o.VocabSize - special - len(c.chars)
	var pieces []piece
	taken := map[string]bool{} // what merges in two ways, such as a+bc and ab+c, is one piece
	for len(pieces) < merges {
		best, ok := b.best()
		if !ok {
			break
		}
		s := &b.symbols[best]
		if taken[s.text] {
			b.retire(best)
			continue
		}
		taken[s.text] = true
		pieces = append(pieces, piece{s.text, -float32(len(pieces))})
		if len(pieces)%1000 == 0 {
			if err := context.Cause(ctx); err != nil {
				return nil, err
			}
			o.progress(Progress{"merging pairs", 0, len(pieces)})
		}
		b.merge(best)
	}
	for _, char := range c.chars {
		pieces = append(pieces, piece{string(char.char), -float32(len(pieces))})
	}
	return pieces, nil
}

// fill enters the words and queues all pairs.
func (b *bpe) fill(c *corpus, words []Sentence) {
	ids := new([unicode.MaxRune + 1]int32)
	ids[barrier] = barrierSymbol
	b.symbols = []symbol{{text: unknownText, left: noSymbol, right: noSymbol}, {text: barrierText, left: noSymbol, right: noSymbol}}
	for _, char := range c.chars {
		ids[char.char] = int32(len(b.symbols))
		b.symbols = append(b.symbols, symbol{text: string(char.char), left: noSymbol, right: noSymbol, chars: 1})
	}
	for _, w := range words {
		start := len(b.at)
		for _, r := range w.Text {
			at := int32(len(b.at))
			b.at = append(b.at, ids[r])
			b.next, b.prev = append(b.next, at+1), append(b.prev, at-1)
			b.weights = append(b.weights, uint64(w.Count))
		}
		b.prev[start], b.next[len(b.at)-1] = -1, -1
	}
	for at := range b.at {
		b.add(int32(at), b.next[at])
	}
	b.tellQueue()
}

// pair returns what two symbols merge to, or noSymbol if that cannot be a piece.
func (b *bpe) pair(left, right int32) int32 {
	if left <= unknownSymbol || right <= unknownSymbol {
		return noSymbol
	}
	key := uint64(left)<<32 | uint64(right)
	place, ok := b.pairs.find(key)
	if ok {
		return b.pairs.values[place]
	}
	text := b.symbols[left].text + b.symbols[right].text
	id := noSymbol
	if b.shapes.allows(text) {
		id = int32(len(b.symbols))
		b.symbols = append(b.symbols, symbol{text: text, left: left, right: right, chars: b.symbols[left].chars + b.symbols[right].chars, active: true, stale: true})
	}
	b.pairs.insert(place, key, id)
	return id
}

// add counts the pair at two neighbouring positions, either of which may be -1.
func (b *bpe) add(left, right int32) {
	if left < 0 || right < 0 {
		return
	}
	id := b.pair(b.at[left], b.at[right])
	if id == noSymbol {
		return
	}
	s := &b.symbols[id]
	s.positions = append(s.positions, left)
	s.freq += b.weights[left]
	if !s.pending {
		s.pending = true
		b.pending = append(b.pending, id)
	}
}

// drop discounts the pair at two neighbouring positions, unless it is the one being merged.
func (b *bpe) drop(left, right, merging int32) {
	if left < 0 || right < 0 {
		return
	}
	if id := b.pair(b.at[left], b.at[right]); id != noSymbol && id != merging {
		b.symbols[id].freq -= b.weights[left]
		b.symbols[id].stale = true
	}
}

// merge merges a pair everywhere.
func (b *bpe) merge(id int32) {
	left, right := b.symbols[id].left, b.symbols[id].right
	positions := b.symbols[id].positions
	for _, at := range positions {
		second := b.next[at]
		if b.at[at] != left || second < 0 || b.at[second] != right {
			continue
		}
		before, after := b.prev[at], b.next[second]
		b.drop(before, at, id)
		b.drop(second, after, id)
		b.at[at], b.at[second] = id, noSymbol
		if b.next[at] = after; after >= 0 {
			b.prev[after] = at
		}
		b.add(before, at)
		b.add(at, after)
	}
	b.retire(id)
	b.tellQueue()
}

// retire removes a symbol from the queue. If its parts still occur side by side, they make a new
// symbol.
func (b *bpe) retire(id int32) {
	s := &b.symbols[id]
	b.pairs.forget(uint64(s.left)<<32 | uint64(s.right))
	s.active, s.positions = false, nil
}

// tellQueue pushes the pending symbols.
func (b *bpe) tellQueue() {
	for _, id := range b.pending {
		s := &b.symbols[id]
		s.pending = false
		if s.active {
			b.refresh(id)
		}
	}
	b.pending = b.pending[:0]
}

// refresh pushes a symbol with its current frequency.
func (b *bpe) refresh(id int32) {
	s := &b.symbols[id]
	if s.freq == 0 && s.stale {
		s.positions = nil
	}
	s.stale = false
	b.queue.push(pairEntry{s.freq, s.chars, id}, b.less)
}

// best pops the symbol of the most frequent pair.
func (b *bpe) best() (int32, bool) {
	for len(b.queue) > 0 {
		e := b.queue.pop(b.less)
		s := &b.symbols[e.id]
		switch {
		case !s.active:
		case s.stale:
			b.refresh(e.id)
		case e.freq == s.freq:
			return e.id, true
		}
	}
	return 0, false
}

// less orders pairs by frequency, descending; then the shorter first; then by text.
func (b *bpe) less(x, y pairEntry) bool {
	if x.freq != y.freq {
		return x.freq > y.freq
	}
	if x.chars != y.chars {
		return x.chars < y.chars
	}
	if c := strings.Compare(b.symbols[x.id].text, b.symbols[y.id].text); c != 0 {
		return c < 0
	}
	return x.id < y.id
}
