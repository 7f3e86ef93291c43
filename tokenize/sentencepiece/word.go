package sentencepiece

import (
	"bytes"
	"math"
)

// words segments text into what stands between spaces, each space at the start of a piece
// (word_model.cc).
type words struct {
	pieces *trie
	unk    int32
}

func (m words) segment(w *scratch, begin, end int) {
	text := w.normalized.text
	for begin < end {
		size := min(charLen(text[begin]), end-begin)
		for begin+size < end && !bytes.HasPrefix(text[begin+size:end], []byte(spaceSymbol)) {
			size += min(charLen(text[begin+size]), end-begin-size)
		}
		w.segments = append(w.segments, segment{find(m.pieces, text[begin:begin+size], m.unk), int32(begin + size)})
		begin += size
	}
}

func (words) word(*scratch, []byte) float32 { return -1 }

// characters segments text into characters and user-defined pieces (char_model.cc).
type characters struct {
	pieces  *trie
	symbols *trie // user-defined ones; nil without any
	unk     int32
}

func (m characters) segment(w *scratch, begin, end int) {
	text := w.normalized.text
	for begin < end {
		id, size := m.next(text[begin:end])
		begin += size
		w.segments = append(w.segments, segment{id, int32(begin)})
	}
}

// word of characters is what segment finds.
func (m characters) word(w *scratch, text []byte) float32 {
	n := 0
	for begin := 0; begin < len(text); n++ {
		id, size := m.next(text[begin:])
		begin += size
		w.room[n] = found{id: id, end: int32(begin)}
	}
	w.found = w.room[:n]
	return math.MaxFloat32
}

// next returns the first piece of text and its size.
func (m characters) next(text []byte) (id int32, size int) {
	if m.symbols != nil {
		size = longestPrefix(m.symbols, text, maxSymbolMatches)
	}
	if size == 0 {
		size = min(charLen(text[0]), len(text))
	}
	return find(m.pieces, text[:size], m.unk), size
}

// find returns the id of the piece with the given text, or unk.
func find(pieces *trie, text []byte, unk int32) int32 {
	node, ok := pieces.root(), true
	for _, c := range text {
		if node, ok = pieces.step(node, c); !ok {
			return unk
		}
	}
	if id := pieces.id(node); id >= 0 {
		return id
	}
	return unk
}
