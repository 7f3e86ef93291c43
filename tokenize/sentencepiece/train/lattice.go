package train

import (
	"math"
	"unicode/utf8"
)

// pieceSet is the pieces of a unigram model during training. Ids are places in pieces.
type pieceSet struct {
	pieces []piece
	trie   *trie
	keys   []int32 // by id: its place among the pieces that the trie was built with
	lowest float32 // the lowest score
}

// newPieceSet returns a set with a new trie.
func newPieceSet(pieces []piece) *pieceSet {
	s := &pieceSet{pieces: pieces, trie: newTrie(pieces), keys: make([]int32, len(pieces)), lowest: math.MaxFloat32}
	for i, p := range pieces {
		s.keys[i] = int32(i)
		s.lowest = min(s.lowest, p.score)
	}
	return s
}

// kept returns the set of the pieces at places, which are ids of s, with new scores. s must not be
// used afterwards: the new set shares its trie until less than half of the trie's pieces are left.
func (s *pieceSet) kept(places []int32, scores []float32) *pieceSet {
	k := &pieceSet{pieces: make([]piece, len(places)), trie: s.trie, keys: make([]int32, len(places)), lowest: math.MaxFloat32}
	for i, place := range places {
		k.pieces[i] = piece{s.pieces[place].text, scores[i]}
		k.keys[i] = s.keys[place]
		k.lowest = min(k.lowest, scores[i])
	}
	if 2*len(places) < len(s.trie.ends) {
		return newPieceSet(k.pieces)
	}
	for _, key := range s.keys {
		s.trie.units[s.trie.ends[key]].id = -1
	}
	for i, key := range k.keys {
		unit := &s.trie.units[s.trie.ends[key]]
		unit.id, unit.score = int32(i), scores[i]
	}
	return k
}

// unknownPenalty is how much less a character without a piece scores than the rarest piece.
const unknownPenalty = 10

// arc is a piece in a word, from byte begin to byte end.
type arc struct {
	begin, end int32
	id         int32
	score      float32
}

// lattice holds all segmentations of a word, and scratch space. Arcs are ordered by begin, then by
// end.
type lattice struct {
	arcs    []arc
	length  int
	forward []float32 // by byte: the log probability of the word up to there
	reached []bool
	back    []float32 // by byte: the log probability of the word from there
	best    []float32 // by arc: the score of the best path up to its end
	from    []int32   // by arc: the arc before it on that path, or -1
	ending  []int32   // by byte: the first arc that ends there
	later   []int32   // by arc: the next arc that ends at the same byte
	last    []int32   // by byte: the last arc that ends there
	path    []int32
}

// fill lists the arcs of a word. A character without a piece gets an arc with the id 0, because
// spm_train counts such characters as the first piece.
func (l *lattice) fill(s *pieceSet, word string) {
	l.arcs = l.arcs[:0]
	l.length = len(word)
	unknownScore := s.lowest - unknownPenalty
	units := s.trie.units
	for begin := 0; begin < len(word); {
		size := runeSize(word[begin])
		node, single := uint32(0), false
		for end := begin; end < len(word); {
			child := units[node].base ^ uint32(word[end])
			unit := units[child]
			if unit.parent != node {
				break
			}
			node = child
			if end++; unit.id >= 0 {
				l.arcs = append(l.arcs, arc{int32(begin), int32(end), unit.id, unit.score})
				single = single || end == begin+size
			}
		}
		if !single {
			l.arcs = append(l.arcs, arc{int32(begin), int32(begin + size), 0, unknownScore})
		}
		begin += size
	}
}

// runeSize returns the size of the UTF-8 character whose first byte is c.
func runeSize(c byte) int {
	switch {
	case c < utf8.RuneSelf:
		return 1
	case c < 0xe0:
		return 2
	case c < 0xf0:
		return 3
	}
	return 4
}

// marginals adds to expected, by id, how often each piece is expected in count occurrences of the
// word, by the forward-backward algorithm. The arithmetic is spm_train's, including its order and
// 32-bit precision.
func (l *lattice) marginals(count float32, expected []float32) {
	l.forward = resize(l.forward, l.length+1)
	l.back = resize(l.back, l.length+1)
	l.reached = resize(l.reached, l.length+1)
	clear(l.reached)
	l.forward[0] = 0
	for _, a := range l.arcs {
		score := a.score + l.forward[a.begin]
		if l.reached[a.end] {
			score = logSumExp(l.forward[a.end], score)
		}
		l.forward[a.end], l.reached[a.end] = score, true
	}
	l.back[l.length] = 0
	for i := len(l.arcs); i > 0; {
		begin := i - 1
		for begin > 0 && l.arcs[begin-1].begin == l.arcs[begin].begin {
			begin--
		}
		first := l.arcs[begin]
		sum := first.score + l.back[first.end]
		for _, a := range l.arcs[begin+1 : i] {
			sum = logSumExp(sum, a.score+l.back[a.end])
		}
		l.back[first.begin] = sum
		i = begin
	}
	z := l.forward[l.length]
	for _, a := range l.arcs {
		p := exp(float64(l.forward[a.begin] + a.score + l.back[a.end] - z))
		expected[a.id] = float32(float64(expected[a.id]) + float64(count)*p)
	}
}

// viterbi returns the arcs of the most probable segmentation, the first of equals, and its score.
// without is an arc to exclude, or -1. The slice is valid until the next call.
func (l *lattice) viterbi(without int) ([]int32, float32) {
	l.best, l.from, l.later = resize(l.best, len(l.arcs)), resize(l.from, len(l.arcs)), resize(l.later, len(l.arcs))
	l.ending, l.last = resize(l.ending, l.length+1), resize(l.last, l.length+1)
	for i := range l.ending {
		l.ending[i] = -1
	}
	for i, a := range l.arcs {
		if i == without {
			continue
		}
		l.best[i], l.from[i] = l.before(a.begin, a.score)
		if a.begin > 0 && l.from[i] < 0 {
			continue // cannot be reached
		}
		l.later[i] = -1
		if l.ending[a.end] < 0 {
			l.ending[a.end] = int32(i)
		} else {
			l.later[l.last[a.end]] = int32(i)
		}
		l.last[a.end] = int32(i)
	}
	score, at := l.before(int32(l.length), 0)
	l.path = l.path[:0]
	for ; at >= 0; at = l.from[at] {
		l.path = append(l.path, at)
	}
	for i, j := 0, len(l.path)-1; i < j; i, j = i+1, j-1 {
		l.path[i], l.path[j] = l.path[j], l.path[i]
	}
	return l.path, score
}

// before returns the best arc that ends at begin, and the score of the path through it plus score.
func (l *lattice) before(begin int32, score float32) (best float32, at int32) {
	if begin == 0 {
		return score, -1
	}
	at = -1
	for i := l.ending[begin]; i >= 0; i = l.later[i] {
		if sum := l.best[i] + score; at < 0 || sum > best {
			best, at = sum, i
		}
	}
	return best, at
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/2)
	}
	return s[:n]
}
