package sentencepiece

import (
	"bytes"
	"slices"
	"strings"
)

// wordRules tells where normalized text can be cut so that the parts are segmented as the whole
// would be: where no piece reaches over.
type wordRules struct {
	space string
	// before[c]: a piece has a space after the byte c. after[c]: a piece has the byte c after a
	// space.
	before, after [256]bool
	// runs: a piece has two spaces in a row.
	runs bool
	// alone: words are rewritten and segmented as they would be in any text, together with the
	// spaces before them.
	alone bool

	list  []mark     // bytes that may be cut off the end of a word; see marks.go
	marks [256]uint8 // of each byte its place in list plus 1, 0 if it is no mark
}

// newWordRules looks at what stands beside the spaces in a model's pieces. It returns nil if the
// model may make text that is not UTF-8, in which characters are not what they seem, if what an
// unused piece falls into depends on all of the text, and for word models, which go by spaces and
// not by pieces.
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
	r.alone = r.before == [256]bool{} && !m.normalizer.whitespaceAsSuffix && m.normalizer.leavesSpaces()
	if r.alone {
		r.addMarks(m)
	}
	return r
}

func (r *wordRules) add(piece string) {
	if inside := strings.TrimPrefix(piece, r.space); strings.IndexByte(inside, r.space[0]) < 0 {
		if inside != "" && len(inside) < len(piece) {
			r.after[inside[0]] = true
		}
		return
	}
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

// cut returns the first place behind begin where text can be cut, which is before or behind one of
// the spaces, and those of the spaces that stand from there on.
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

// segment finds the pieces of w.normalized, which come after text that scores w.sofar.
func (m *Model) segment(w *scratch) {
	w.segments = w.segments[:0]
	text, spaces := w.normalized.text, w.normalized.spaces
	if len(text) > maxScratch {
		w.segments = slices.Grow(w.segments, len(text)/bytesPerID)
	}
	if m.words == nil {
		m.segmenter.segment(w, 0, len(text))
		return
	}
	for begin, end := 0, 0; begin < len(text); begin = end {
		end, spaces = m.words.cut(text, begin, spaces)
		m.segmentWord(w, begin, end)
	}
}

// segmentWord is segmenter.segment for a stretch of text that no piece reaches out of.
func (m *Model) segmentWord(w *scratch, begin, end int) {
	if !m.shortWord(w, w.normalized.text[begin:end]) {
		m.segmenter.segment(w, begin, end)
		return
	}
	for _, f := range w.found {
		w.segments = append(w.segments, segment{f.id, int32(begin) + f.end})
		w.sofar += f.score
	}
}

// shortWord finds the pieces of a word, if it is short and they do not depend on what came before
// it.
func (m *Model) shortWord(w *scratch, word []byte) bool {
	if len(word) > maxWord {
		return false
	}
	w.limit = m.segmenter.word(w, word)
	return w.limit >= max(w.sofar, -w.sofar)
}
