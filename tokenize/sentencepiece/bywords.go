package sentencepiece

import "slices"

// appendByWords appends the ids of text word by word, without its normal form as a whole. A word is
// what stands between spaces; words that came before are not looked at again. It returns dst as it
// was and false where the text must be taken as a whole.
//
// Of a model for which this is done (wordRules.alone), no rule, symbol or piece reaches over the
// place before a space; so each word with the spaces before it has the ids that it has in any text.
func (m *Model) appendByWords(dst []int32, w *scratch, text string) (ids []int32, ok bool) {
	n := m.normalizer
	w.sofar, w.afterUnknown = 0, false
	spaces, at := 0, 0
	if n.addDummyPrefix {
		spaces = 1
	}
	ids = dst
	for first := true; at < len(text); first = false {
		if from := at; text[at] == ' ' {
			for at++; at < len(text) && text[at] == ' '; at++ {
			}
			switch {
			case !n.removeExtraWhitespaces:
				spaces += at - from
			case at == len(text):
				return ids, true
			case !first:
				spaces = 1
			}
		}
		from := at
		word, mark := nextWord(text, at, &m.words.marks)
		at += len(word.text)
		if mark != 0 {
			at++
			if spaces == 1 {
				if ids, ok = m.appendMarked(ids, w, word, mark); ok {
					spaces = 0
					continue
				}
			}
			word = hashWord(text[from:at])
		}
		if spaces == 1 {
			known, entry := w.memo.find(word)
			if known != nil && known.limit >= max(w.sofar, -w.sofar) {
				ids = m.appendScored(ids, w, entry)
				spaces = 0
				continue
			}
		}
		if !m.normalizeWord(w, word, spaces) {
			return dst, false
		}
		ids = m.appendWord(ids, w, word, spaces)
		spaces = 0
	}
	return ids, true
}

// appendScored appends ids to dst and adds up their scores, one by one as segment does. A run of
// unknown characters becomes one id.
func (m *Model) appendScored(dst []int32, w *scratch, ids []scoredID) []int32 {
	at := len(dst)
	dst = slices.Grow(dst, len(ids))[:at+len(ids)]
	sofar, afterUnknown := w.sofar, w.afterUnknown
	for _, s := range ids {
		id := s.id()
		sofar += s.score()
		if id == m.unk {
			if afterUnknown {
				continue
			}
			afterUnknown = true
		} else {
			afterUnknown = false
		}
		dst[at] = id
		at++
	}
	w.sofar, w.afterUnknown = sofar, afterUnknown
	return dst[:at]
}

// normalizeWord makes the normal form of a word that has so many spaces before it. It returns false
// if that is empty or ends with a space, which might be one too many.
func (m *Model) normalizeWord(w *scratch, word rawWord, spaces int) bool {
	d, n := &w.normalized, m.normalizer
	d.reset()
	for range spaces {
		d.addSpace(n.space, 0)
	}
	if n.untouched.run(word.text, 0) == len(word.text) {
		d.text = append(d.text, word.text...)
	} else {
		size := len(d.text)
		n.body(d, word.text, 0)
		if len(d.text) == size {
			return false
		}
	}
	return word.text == "" || !d.endsWith(n.space)
}

// appendWord appends the ids of a word whose normal form was made, with so many spaces before it.
func (m *Model) appendWord(dst []int32, w *scratch, word rawWord, spaces int) []int32 {
	text := w.normalized.text
	if m.shortWord(w, text) {
		w.scored = m.appendFound(w.scored[:0], w)
		if spaces == 1 {
			w.memo.add(word, text[len(text)-1], w.limit, w.scored)
		}
		return m.appendScored(dst, w, w.scored)
	}
	m.segment(w)
	return m.appendIDs(dst, w)
}

// appendFound appends the ids of w.found, which are of w.normalized: an unknown character has its
// own, or with byte fallback those of its bytes, the first of which scores for all.
func (m *Model) appendFound(dst []scoredID, w *scratch) []scoredID {
	begin := int32(0)
	for _, f := range w.found {
		if f.id == m.unk && m.byteFallback {
			score := f.score
			for _, b := range w.normalized.text[begin:f.end] {
				dst = append(dst, newScoredID(m.bytes[b], score))
				score = 0
			}
		} else {
			dst = append(dst, newScoredID(f.id, f.score))
		}
		begin = f.end
	}
	return dst
}
