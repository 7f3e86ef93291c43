package sentencepiece

import "slices"

// Punctuation after a word multiplies the words of a text: "cat", "cat," and "cat." Where no piece
// spans the boundary between a word and its last byte, that byte is segmented as a word of its own,
// without a space before it. So the word cache needs one entry for "cat", not three.

// punct is a punctuation byte that can be cut off the end of a word.
type punct struct {
	byte  byte
	ids   []scoredID
	limit float32 // see segmenter.segmentFast
}

// punctBytes are the candidates; a byte that occurs in a rule or in a user-defined symbol is not
// cut off.
const punctBytes = "!\"'),-.:;?]}"

// findPuncts finds the punctuation bytes that m can cut off.
func (s *wordSplitter) findPuncts(m *Model) {
	n, w := m.normalizer, new(scratch)
	for _, c := range []byte(punctBytes) {
		inRules := n.classes.basic[c] != 0 || n.charsmap.ContinuesWith(c) || n.symbols != nil && n.symbols.spells(c)
		w.normalized.text = append(w.normalized.text[:0], c)
		if limit := m.segmenter.segmentFast(w, w.normalized.text); limit >= 0 && !inRules {
			s.puncts = append(s.puncts, punct{c, slices.Clone(m.appendFound(nil, w)), limit})
			s.punctIndex[c] = uint8(len(s.puncts))
		}
	}
}

// appendPunctuated appends the ids of a word that has one space before it and a punctuation byte,
// number index of m.splitter.puncts, after it. It returns dst and false if word and punctuation
// must be segmented together.
func (m *Model) appendPunctuated(dst []int32, w *scratch, word rawWord, index uint8) (ids []int32, ok bool) {
	p := &m.splitter.puncts[index-1]
	if m.byText.joins(word.text[len(word.text)-1], p.byte) { // normalization rarely changes the last byte
		return dst, false
	}
	known, entry := w.cache.find(word)
	switch {
	case known != nil && m.byText.joins(known.tail, p.byte):
		return dst, false
	case known != nil && known.limit >= max(w.sofar, -w.sofar):
		dst = m.appendScored(dst, w, entry)
	default:
		if !m.normalizeWord(w, word, 1) {
			return dst, false
		}
		if text := w.normalized.text; m.byText.joins(text[len(text)-1], p.byte) {
			return dst, false
		}
		dst = m.appendWord(dst, w, word, 1)
	}
	if p.limit >= max(w.sofar, -w.sofar) {
		return m.appendScored(dst, w, p.ids), true
	}
	w.normalized.reset()
	w.normalized.text = append(w.normalized.text, p.byte)
	m.segment(w)
	return m.appendIDs(dst, w), true
}
