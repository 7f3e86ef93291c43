package sentencepiece

import "slices"

// appendWords appends the ids of text one word at a time, without building the normal form of the
// whole text. A word is what stands between spaces; words seen before come from the cache. It
// returns dst unchanged and false if the text must be segmented as a whole.
//
// It requires wordSplitter.independent: no rule, symbol or piece spans the boundary before a space.
// So each word has, together with the spaces before it, the same ids in every text.
func (m *Model) appendWords(dst []int32, w *scratch, text string) (ids []int32, ok bool) {
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
		word, punct := nextWord(text, at, &m.splitter.punctIndex)
		at += len(word.text)
		if punct != 0 {
			at++
			if spaces == 1 {
				if ids, ok = m.appendPunctuated(ids, w, word, punct); ok {
					spaces = 0
					continue
				}
			}
			word = hashWord(text[from:at])
		}
		if spaces == 1 {
			known, entry := w.cache.find(word)
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

// appendScored appends ids to dst and adds their scores to w.sofar, one by one as segment does. A
// run of unknown characters becomes one id.
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

// normalizeWord sets w.normalized to the normal form of a word with the given number of spaces
// before it. It returns false if the word normalizes to nothing or ends with a space, which may be
// one that the normal form of the text drops.
func (m *Model) normalizeWord(w *scratch, word rawWord, spaces int) bool {
	d, n := &w.normalized, m.normalizer
	d.reset()
	for range spaces {
		d.addSpace(n.space, 0)
	}
	if n.classes.plainRun(word.text, 0) == len(word.text) {
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

// appendWord appends the ids of a word whose normal form, with the given number of spaces before
// it, is in w.normalized. It enters the word into the cache.
func (m *Model) appendWord(dst []int32, w *scratch, word rawWord, spaces int) []int32 {
	text := w.normalized.text
	if m.segmentWord(w, text) {
		w.scored = m.appendFound(w.scored[:0], w)
		if spaces == 1 {
			w.cache.add(word, text[len(text)-1], w.limit, w.scored)
		}
		return m.appendScored(dst, w, w.scored)
	}
	m.segment(w)
	return m.appendIDs(dst, w)
}

// appendFound appends the ids of w.found, the pieces of w.normalized. Each unknown character has an
// id of its own or, with byte fallback, the ids of its bytes, the first of which carries the score.
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
