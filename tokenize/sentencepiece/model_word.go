package sentencepiece

import (
	"bytes"
	"math"
)

// wordModel segments text at its spaces; each piece starts with a space (word_model.cc).
type wordModel struct {
	pieces *trie
	unk    int32
}

func (m wordModel) segment(w *scratch, begin, end int) {
	text := w.normalized.text
	for begin < end {
		size := min(charLen(text[begin]), end-begin)
		for begin+size < end && !bytes.HasPrefix(text[begin+size:end], []byte(spaceSymbol)) {
			size += min(charLen(text[begin+size]), end-begin-size)
		}
		w.segments = append(w.segments, segment{m.pieces.find(text[begin:begin+size], m.unk), int32(begin + size)})
		begin += size
	}
}

// segmentFast never applies: a word's pieces depend on the spaces around it.
func (wordModel) segmentFast(*scratch, []byte) float32 { return -1 }

// charModel segments text into characters and user-defined pieces (char_model.cc).
type charModel struct {
	pieces  *trie
	symbols *trie // the user-defined pieces; nil without any
	unk     int32
}

func (m charModel) segment(w *scratch, begin, end int) {
	text := w.normalized.text
	for begin < end {
		id, size := m.next(text[begin:end])
		begin += size
		w.segments = append(w.segments, segment{id, int32(begin)})
	}
}

// segmentFast finds the same pieces as segment.
func (m charModel) segmentFast(w *scratch, text []byte) float32 {
	n := 0
	for begin := 0; begin < len(text); n++ {
		id, size := m.next(text[begin:])
		begin += size
		w.room[n] = found{id: id, end: int32(begin)}
	}
	w.found = w.room[:n]
	return math.MaxFloat32
}

// next returns the first piece of text and its size in bytes.
func (m charModel) next(text []byte) (id int32, size int) {
	if m.symbols != nil {
		size = longestPrefix(m.symbols, text, maxSymbolMatches)
	}
	if size == 0 {
		size = min(charLen(text[0]), len(text))
	}
	return m.pieces.find(text[:size], m.unk), size
}
