package sentencepiece

import "slices"

// Punctuation behind a word makes many words of one: "cat", "cat," and "cat." Where no piece
// reaches over the place between a word and its last byte, that byte is a word of its own without a
// space before it, and need not be remembered with every word that it stands behind.

// mark is a byte that may be cut off.
type mark struct {
	byte  byte
	ids   []scoredID
	limit float32 // as segmenter.word has it
}

// markBytes are the bytes that may be marks, if no rule has them and no user-defined symbol.
const markBytes = "!\"'),-.:;?]}"

// addMarks finds the marks of a model.
func (r *wordRules) addMarks(m *Model) {
	n, w := m.normalizer, new(scratch)
	for _, c := range []byte(markBytes) {
		touched := n.untouched.basic[c] != 0 || n.charsmap != nil && n.charsmap.matches(c) || n.symbols != nil && n.symbols.spells(c)
		w.normalized.text = append(w.normalized.text[:0], c)
		if limit := m.segmenter.word(w, w.normalized.text); limit >= 0 && !touched {
			r.list = append(r.list, mark{c, slices.Clone(m.appendFound(nil, w)), limit})
			r.marks[c] = uint8(len(r.list))
		}
	}
}

// appendMarked appends the ids of a word with one space before it and a mark behind it. It returns
// dst and false if they must be taken together.
func (m *Model) appendMarked(dst []int32, w *scratch, word rawWord, mark uint8) (ids []int32, ok bool) {
	found := &m.words.list[mark-1]
	if m.byText.joins(word.text[len(word.text)-1], found.byte) { // most bytes are as in the normal form
		return dst, false
	}
	known, entry := w.memo.find(word)
	switch {
	case known != nil && m.byText.joins(known.tail, found.byte):
		return dst, false
	case known != nil && known.limit >= max(w.sofar, -w.sofar):
		dst = m.appendScored(dst, w, entry)
	default:
		if !m.normalizeWord(w, word, 1) {
			return dst, false
		}
		if text := w.normalized.text; m.byText.joins(text[len(text)-1], found.byte) {
			return dst, false
		}
		dst = m.appendWord(dst, w, word, 1)
	}
	if found.limit >= max(w.sofar, -w.sofar) {
		return m.appendScored(dst, w, found.ids), true
	}
	w.normalized.reset()
	w.normalized.text = append(w.normalized.text, found.byte)
	m.segment(w)
	return m.appendIDs(dst, w), true
}
