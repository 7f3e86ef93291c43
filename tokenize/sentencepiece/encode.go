package sentencepiece

import "slices"

// Encode returns the ids of the pieces of text. A byte that is not part of valid UTF-8 is read as
// U+FFFD. Encode adds no begin or end of sentence.
func (m *Model) Encode(text string) []int32 { return m.AppendIDs(nil, text) }

// AppendIDs appends the ids of the pieces of text to dst. It allocates nothing but dst once it has
// encoded a text of that length.
func (m *Model) AppendIDs(dst []int32, text string) []int32 {
	w := m.scratch.Get().(*scratch)
	defer m.release(w)
	if len(text) > maxScratch {
		return m.appendText(slices.Grow(dst, len(text)/bytesPerID), w, text)
	}
	w.ids = m.appendText(w.ids[:0], w, text)
	return append(dst, w.ids...)
}

// appendText appends the ids of text, word by word if the model allows it.
func (m *Model) appendText(dst []int32, w *scratch, text string) []int32 {
	if m.splitter != nil && m.splitter.independent {
		if ids, ok := m.appendWords(dst, w, text); ok {
			return ids
		}
	}
	w.restart()
	m.normalizer.normalize(&w.normalized, text)
	m.segment(w)
	return m.appendIDs(dst, w)
}

// Normalize returns text as it is segmented: rewritten by the model's rules for characters and
// white space.
func (m *Model) Normalize(text string) string {
	var n normalized
	m.normalizer.normalize(&n, text)
	return string(n.text)
}

// appendIDs appends the ids of w.segments. With byte fallback, an unknown character becomes the ids
// of its bytes; without, a run of unknown characters becomes one id.
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
