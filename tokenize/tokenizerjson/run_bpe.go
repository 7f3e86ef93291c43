package tokenizerjson

import (
	"container/heap"
	"fmt"
)

// bpeModel merges neighbours by the rank of their pair (model.rs and word.rs of models/bpe).
type bpeModel struct {
	pieces         map[string]int32
	merges         map[[2]int32]merged
	prefix, suffix string
	unk            int32 // -1 for none
	fuse           bool
	whole          bool // a part of the text that is a piece is not merged (ignore_merges)
	bytes          *[256]int32
}

// merged is the rank of a merge and the piece that it makes.
type merged struct{ rank, id int32 }

func (m model) compileBPE() (segmenter, error) {
	if m.Dropout != nil && *m.Dropout != 0 {
		return nil, fmt.Errorf("its model BPE skips merges at random (dropout: %v)", *m.Dropout)
	}
	b := &bpeModel{merges: map[[2]int32]merged{}, unk: -1, fuse: m.FuseUnk, whole: m.IgnoreMerges}
	var err error
	if b.pieces, err = m.pieceIDs(); err != nil {
		return nil, err
	}
	if m.Prefix != nil {
		b.prefix = *m.Prefix
	}
	if m.Suffix != nil {
		b.suffix = *m.Suffix
	}
	if len(b.prefix) > maxAffix || len(b.suffix) > maxAffix {
		return nil, fmt.Errorf("its model BPE has affixes of %d and %d bytes, more than the limit of %d", len(b.prefix), len(b.suffix), maxAffix)
	}
	if m.UnkToken != nil {
		if b.unk, err = m.unknownID(b.pieces); err != nil {
			return nil, err
		}
	}
	if m.ByteFallback {
		b.bytes = byteIDs(b.pieces)
	}
	pairs, err := m.merges()
	if err != nil {
		return nil, err
	}
	for rank, pair := range pairs {
		if len(pair[1]) < len(b.prefix) {
			return nil, fmt.Errorf("merge %d, %q, is shorter than continuing_subword_prefix", rank, pair)
		}
		left, ok1 := b.pieces[pair[0]]
		right, ok2 := b.pieces[pair[1]]
		both, ok3 := b.pieces[pair[0]+pair[1][len(b.prefix):]]
		if !ok1 || !ok2 || !ok3 {
			return nil, fmt.Errorf("merge %d, %q, is of strings that are not pieces", rank, pair)
		}
		b.merges[[2]int32{left, right}] = merged{int32(rank), both}
	}
	return b, nil
}

func (b *bpeModel) vocab() map[string]int32 { return b.pieces }
func (b *bpeModel) size() int               { return len(b.pieces) }

// bpeSymbol is a piece while a text is merged, in a list linked by the indices prev and next.
type bpeSymbol struct {
	id         int32
	prev, next int32
	gone       bool
}

func (b *bpeModel) appendIDs(dst []int32, text []rune) []int32 {
	if b.whole {
		if id, ok := b.pieces[string(text)]; ok {
			return append(dst, id)
		}
	}
	symbols := b.symbols(text)
	queue := &mergeQueue{}
	offer := func(left int32) {
		if left < 0 || symbols[left].next < 0 {
			return
		}
		if m, ok := b.merges[[2]int32{symbols[left].id, symbols[symbols[left].next].id}]; ok {
			heap.Push(queue, candidate{m, left})
		}
	}
	for i := range symbols {
		offer(int32(i))
	}
	for queue.Len() > 0 {
		top := heap.Pop(queue).(candidate)
		s := &symbols[top.left]
		if s.gone || s.next < 0 {
			continue
		}
		right := &symbols[s.next]
		if m, ok := b.merges[[2]int32{s.id, right.id}]; !ok || m.id != top.id {
			continue
		}
		s.id, s.next, right.gone = top.id, right.next, true
		if s.next >= 0 {
			symbols[s.next].prev = top.left
		}
		offer(s.prev)
		offer(top.left)
	}
	for _, s := range symbols {
		if !s.gone {
			dst = append(dst, s.id)
		}
	}
	return dst
}

// symbols returns a symbol for each character. An unknown character becomes its bytes, the unknown
// piece, or nothing.
func (b *bpeModel) symbols(text []rune) (symbols []bpeSymbol) {
	add := func(id int32) {
		n := int32(len(symbols))
		if n > 0 {
			symbols[n-1].next = n
		}
		symbols = append(symbols, bpeSymbol{id: id, prev: n - 1, next: -1})
	}
	waiting := false // an unknown piece is still to be added
	for i, r := range text {
		s := string(r)
		if i > 0 {
			s = b.prefix + s
		}
		if i == len(text)-1 {
			s += b.suffix
		}
		if id, ok := b.pieces[s]; ok {
			if waiting {
				add(b.unk)
				waiting = false
			}
			add(id)
			continue
		}
		if ids, ok := appendBytes(nil, b.bytes, s); ok {
			for _, id := range ids { // before a waiting unknown piece, as in tokenizers
				add(id)
			}
			continue
		}
		if b.unk >= 0 {
			if waiting && !b.fuse {
				add(b.unk)
			}
			waiting = true
		}
	}
	if waiting {
		add(b.unk)
	}
	return symbols
}

// candidate is a possible merge of the symbol at left with the next one.
type candidate struct {
	merged
	left int32
}

// mergeQueue is a heap of merges: lowest rank first, then leftmost.
type mergeQueue []candidate

func (q mergeQueue) Len() int { return len(q) }
func (q mergeQueue) Less(i, j int) bool {
	return q[i].rank < q[j].rank || q[i].rank == q[j].rank && q[i].left < q[j].left
}
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *mergeQueue) Push(c any)   { *q = append(*q, c.(candidate)) }
func (q *mergeQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
