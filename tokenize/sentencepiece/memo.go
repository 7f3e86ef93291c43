package sentencepiece

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// wordRules tells where normalized text can be cut so that the parts are segmented as the whole would be:
// where no piece reaches over.
type wordRules struct {
	space string
	// before[c]: a piece has a space after the byte c. after[c]: a piece has the byte c after a space.
	before, after [256]bool
	// runs: a piece has two spaces in a row.
	runs bool
}

// newWordRules looks at what stands beside the spaces in a model's pieces. It returns nil if the model may
// make text that is not UTF-8, in which characters are not what they seem, if what an unused piece falls into
// depends on all of the text, and for word models, which go by spaces and not by pieces.
func newWordRules(m *Model) *wordRules {
	if m.kind == Word {
		return nil
	}
	r := &wordRules{space: m.normalizer.space}
	if rules := m.normalizer.charsmap; rules != nil && !rules.whole() {
		return nil
	}
	for _, p := range m.pieces {
		switch p.Kind {
		case Unknown, Control, Byte:
			continue
		case Unused:
			if m.kind == BPE {
				return nil
			}
			continue
		}
		r.add(p.Text)
	}
	return r
}

func (r *wordRules) add(piece string) {
	for from := 0; ; {
		at := strings.Index(piece[from:], r.space)
		if at < 0 {
			return
		}
		at += from
		from = at + len(r.space)
		afterSpace := strings.HasSuffix(piece[:at], r.space)
		if at > 0 && !afterSpace {
			r.before[piece[at-1]] = true
		}
		if from < len(piece) && !strings.HasPrefix(piece[from:], r.space) {
			r.after[piece[from]] = true
		}
		r.runs = r.runs || afterSpace
	}
}

// cut returns the first place behind begin where text can be cut, which is before or behind one of the spaces, and
// those of the spaces that stand from there on.
func (r *wordRules) cut(text []byte, begin int, spaces []int) (end int, rest []int) {
	for i, at := range spaces {
		if at >= len(text) {
			break
		}
		if at > begin && !r.joinedBefore(text, at) {
			return at, spaces[i:]
		}
		if behind := at + len(r.space); behind > begin && behind < len(text) && !r.joinedBehind(text, behind) {
			return behind, spaces[i+1:]
		}
	}
	return len(text), nil
}

// joinedBefore reports whether a piece may reach over the place before a space.
func (r *wordRules) joinedBefore(text []byte, at int) bool {
	c := text[at-1]
	if c == r.space[len(r.space)-1] && bytes.HasSuffix(text[:at], []byte(r.space)) {
		return r.runs
	}
	return r.before[c]
}

// joinedBehind reports whether a piece may reach over the place behind a space.
func (r *wordRules) joinedBehind(text []byte, at int) bool {
	c := text[at]
	if c == r.space[0] && bytes.HasPrefix(text[at:], []byte(r.space)) {
		return r.runs
	}
	return r.after[c]
}

// segment finds the pieces of w.normalized.
func (m *Model) segment(w *scratch) {
	w.segments, w.sofar = w.segments[:0], 0
	text, spaces := w.normalized.text, w.normalized.spaces
	if m.words == nil {
		m.segmenter.segment(w, 0, len(text))
		return
	}
	for begin, end := 0, 0; begin < len(text); begin = end {
		end, spaces = m.words.cut(text, begin, spaces)
		m.segmentWord(w, begin, end)
	}
}

// segmentWord is segmenter.segment for a stretch of text that no piece reaches out of. What it finds it
// remembers from the second time on.
func (m *Model) segmentWord(w *scratch, begin, end int) {
	if end-begin > maxMemoWord {
		m.segmenter.segment(w, begin, end)
		return
	}
	word := w.normalized.text[begin:end]
	hash := hashOf(word)
	known := w.memo.find(word, hash)
	if known != nil && known.limit >= max(w.sofar, -w.sofar) {
		w.sofar = w.memo.replay(known, &w.segments, int32(begin), w.sofar)
		return
	}
	before, sofar := len(w.segments), w.sofar
	m.segmenter.segment(w, begin, end)
	if known != nil || w.memo.firstTime(hash) {
		return
	}
	limit := m.segmenter.steady(w, begin, end)
	if limit >= 0 && limit < max(sofar, -sofar) {
		return // right for here only
	}
	w.memo.add(word, hash, limit, w.segments[before:], int32(begin), m.segmenter)
}

// memo remembers the segments of words. It belongs to one scratch space, and so to one goroutine at a time.
type memo struct {
	words    []memoWord // by hash; a newer word takes the place of an older
	seen     []uint32   // of words that came once, the upper half of the hash, by the lower
	keys     []byte
	segments []memoSegment
}

// memoWord is one word: keys[key:key+size], and its segments[first:first+count].
type memoWord struct {
	hash  uint64
	limit float32 // of segmenter.steady
	key   uint32
	first uint32
	size  uint8
	count uint8
}

type memoSegment struct {
	id, end int32 // end counts from the word's begin
	score   float32
}

const (
	memoWords     = 1 << 14
	maxMemoWord   = 96      // bytes
	maxMemoMemory = 1 << 18 // bytes of keys, and segments, after which all is forgotten
)

func (c *memo) find(word []byte, hash uint64) *memoWord {
	if c.words == nil {
		c.words, c.seen = make([]memoWord, memoWords), make([]uint32, memoWords)
	}
	known := &c.words[hash%memoWords]
	if known.hash != hash || int(known.size) != len(word) || string(c.keys[known.key:int(known.key)+len(word)]) != string(word) {
		return nil
	}
	return known
}

// firstTime notes a word; it reports whether it is not known to have come before.
func (c *memo) firstTime(hash uint64) bool {
	slot, mark := &c.seen[hash%memoWords], uint32(hash>>32)
	first := *slot != mark
	*slot = mark
	return first
}

// replay appends the segments of a known word and returns sofar with their scores added, one by one as segment does.
func (c *memo) replay(known *memoWord, dst *[]segment, begin int32, sofar float32) float32 {
	for _, s := range c.segments[known.first : known.first+uint32(known.count)] {
		*dst = append(*dst, segment{s.id, begin + s.end})
		sofar += s.score
	}
	return sofar
}

func (c *memo) add(word []byte, hash uint64, limit float32, found []segment, begin int32, scores segmenter) {
	if len(c.keys)+len(word) > maxMemoMemory || len(c.segments)+len(found) > maxMemoMemory {
		clear(c.words)
		c.keys, c.segments = c.keys[:0], c.segments[:0]
	}
	c.words[hash%memoWords] = memoWord{hash, limit, uint32(len(c.keys)), uint32(len(c.segments)), uint8(len(word)), uint8(len(found))}
	c.keys = append(c.keys, word...)
	for _, s := range found {
		c.segments = append(c.segments, memoSegment{s.id, s.end - begin, scores.score(s.id)})
	}
}

// hashOf mixes the bytes of a word, eight at a time, with the multiply-and-fold of wyhash (Wang Yi).
func hashOf(word []byte) uint64 {
	const k0, k1 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db
	h := uint64(len(word)) ^ k0
	for ; len(word) > 8; word = word[8:] {
		h = fold(h^binary.LittleEndian.Uint64(word), k1)
	}
	var last uint64
	switch n := len(word); {
	case n == 8:
		last = binary.LittleEndian.Uint64(word)
	case n >= 4:
		last = uint64(binary.LittleEndian.Uint32(word)) | uint64(binary.LittleEndian.Uint32(word[n-4:]))<<32
	default:
		for i, c := range word {
			last |= uint64(c) << (8 * i)
		}
	}
	return fold(h^last, k1^k0)
}

func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
