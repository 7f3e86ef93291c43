package sentencepiece

import "slices"

// Encode returns the ids of text's pieces. Text that is not UTF-8 is read with U+FFFD in place of
// each wrong byte. It adds no begin or end of sentence.
func (m *Model) Encode(text string) []int32 { return m.AppendIDs(nil, text) }

// AppendIDs appends the ids of text's pieces to dst. It allocates nothing but dst, once it has seen
// a text of such a length.
func (m *Model) AppendIDs(dst []int32, text string) []int32 {
	w := m.scratch.Get().(*scratch)
	defer m.release(w)
	if len(text) > maxScratch {
		return m.appendText(slices.Grow(dst, len(text)/bytesPerID), w, text)
	}
	w.ids = m.appendText(w.ids[:0], w, text)
	return append(dst, w.ids...)
}

// appendText appends the ids of a text: word by word, or as a whole.
func (m *Model) appendText(dst []int32, w *scratch, text string) []int32 {
	if m.words != nil && m.words.alone {
		if ids, ok := m.appendByWords(dst, w, text); ok {
			return ids
		}
	}
	w.restart()
	m.normalizer.normalize(&w.normalized, text)
	m.segment(w)
	return m.appendIDs(dst, w)
}

// restart makes w ready for a text.
func (w *scratch) restart() {
	w.normalized.reset()
	w.sofar, w.afterUnknown = 0, false
}

// borrow returns scratch space that holds the normal form of text.
func (m *Model) borrow(text string, aligned bool) *scratch {
	w := m.scratch.Get().(*scratch)
	w.restart()
	w.normalized.aligned = aligned
	m.normalizer.normalize(&w.normalized, text)
	return w
}

// Token is a piece found in a text, whose bytes [Begin, End) it stands for. The pieces of a
// character's bytes are empty, at its start, but for the last, which stands for the character.
type Token struct {
	ID         int32
	Piece      string
	Begin, End int
}

// Tokens returns text's pieces with their places in text.
func (m *Model) Tokens(text string) []Token {
	w := m.borrow(text, true)
	m.segment(w)
	tokens := m.tokens(w)
	m.release(w)
	return tokens
}

// Normalize returns the text that is segmented: text after the model's rules for characters and
// white space.
func (m *Model) Normalize(text string) string {
	var n normalized
	m.normalizer.normalize(&n, text)
	return string(n.text)
}

const (
	// maxScratch is the text length in bytes up to which scratch space is kept for the next call.
	maxScratch = 1 << 16
	// bytesPerID is how many bytes of text an id stands for, for which there is room at once in a
	// long text.
	bytesPerID = 3
)

func (m *Model) release(w *scratch) {
	if cap(w.normalized.text) > maxScratch || cap(w.ids) > maxScratch {
		*w = scratch{memo: w.memo}
	}
	w.normalized.aligned = false
	m.scratch.Put(w)
}

// appendIDs turns segments into ids: with byte fallback an unknown character becomes its bytes,
// without a run of unknown characters becomes one id.
func (m *Model) appendIDs(dst []int32, w *scratch) []int32 {
	dst = slices.Grow(dst, len(w.segments))
	begin, afterUnknown := int32(0), w.afterUnknown
	for _, s := range w.segments {
		unknown := s.id == m.unk
		switch {
		case unknown && m.byteFallback:
			for _, b := range w.normalized.text[begin:s.end] {
				dst = append(dst, m.bytes[b])
			}
		case unknown && afterUnknown:
		default:
			dst = append(dst, s.id)
		}
		begin, afterUnknown = s.end, unknown && !m.byteFallback
	}
	w.afterUnknown = afterUnknown
	return dst
}

// tokens is appendIDs with pieces and places, as PopulateSentencePieceText of
// sentencepiece_processor.cc.
func (m *Model) tokens(w *scratch) []Token {
	tokens := make([]Token, 0, len(w.segments))
	begin, afterUnknown := int32(0), false
	for _, s := range w.segments {
		piece := w.normalized.text[begin:s.end]
		from, to := w.normalized.origin[begin], w.normalized.origin[s.end]
		unknown := s.id == m.unk
		switch {
		case unknown && m.byteFallback:
			for _, b := range piece {
				id := m.bytes[b]
				tokens = append(tokens, Token{id, m.pieces[id].Text, from, from})
			}
			tokens[len(tokens)-1].End = to
		case unknown && afterUnknown:
			last := &tokens[len(tokens)-1]
			last.Piece += string(piece)
			last.End = to
		default:
			tokens = append(tokens, Token{s.id, string(piece), from, to})
		}
		begin, afterUnknown = s.end, unknown
	}
	return tokens
}
