package sentencepiece

import (
	"bytes"
	"strings"
)

// wordSplitter finds the boundaries in normalized text that no piece spans. The parts between them
// have the same ids alone as in the whole text.
type wordSplitter struct {
	space string
	// before[c] says that some piece has a space after the byte c; after[c], that some piece has
	// the byte c after a space; runs, that some piece has two spaces in a row.
	before, after [256]bool
	runs          bool
	// independent says that a word, together with the spaces before it, is normalized and segmented
	// in the same way in every text.
	independent bool

	puncts     []punct    // punctuation that can be cut off the end of a word; see punct.go
	punctIndex [256]uint8 // by byte: its place in puncts plus 1, or 0
}

// newWordSplitter examines what surrounds the spaces in a model's pieces. It returns nil if text
// cannot be split: in word models, which segment by spaces rather than by pieces; if the model's
// rules can write text that is not UTF-8, so that character boundaries are unreliable; and if the
// model has unused pieces and is BPE, where the split of an unused piece depends on the whole text.
func newWordSplitter(m *Model) *wordSplitter {
	if m.kind == Word {
		return nil
	}
	s := &wordSplitter{space: m.normalizer.space}
	if !m.normalizer.charsmap.WritesUTF8() {
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
		s.add(p.Text)
	}
	s.independent = s.before == [256]bool{} && !m.normalizer.whitespaceAsSuffix && m.normalizer.leavesSpaces()
	if s.independent {
		s.findPuncts(m)
	}
	return s
}

// add enters what surrounds the spaces of a piece.
func (s *wordSplitter) add(piece string) {
	if inside := strings.TrimPrefix(piece, s.space); strings.IndexByte(inside, s.space[0]) < 0 {
		if inside != "" && len(inside) < len(piece) {
			s.after[inside[0]] = true
		}
		return
	}
	for from := 0; ; {
		at := strings.Index(piece[from:], s.space)
		if at < 0 {
			return
		}
		at += from
		from = at + len(s.space)
		afterSpace := strings.HasSuffix(piece[:at], s.space)
		if at > 0 && !afterSpace {
			s.before[piece[at-1]] = true
		}
		if from < len(piece) && !strings.HasPrefix(piece[from:], s.space) {
			s.after[piece[from]] = true
		}
		s.runs = s.runs || afterSpace
	}
}

// cut returns the first boundary after begin, which is the start or the end of one of the spaces,
// and the spaces from there on.
func (s *wordSplitter) cut(text []byte, begin int, spaces []int) (end int, rest []int) {
	for i, at := range spaces {
		if at >= len(text) {
			break
		}
		if at > begin && !s.spannedBefore(text, at) {
			return at, spaces[i:]
		}
		if after := at + len(s.space); after > begin && after < len(text) && !s.spannedAfter(text, after) {
			return after, spaces[i+1:]
		}
	}
	return len(text), nil
}

// spannedBefore reports whether a piece may span the start of the space at text[at].
func (s *wordSplitter) spannedBefore(text []byte, at int) bool {
	c := text[at-1]
	if c == s.space[len(s.space)-1] && bytes.HasSuffix(text[:at], []byte(s.space)) {
		return s.runs
	}
	return s.before[c]
}

// spannedAfter reports whether a piece may span the end of the space before text[at].
func (s *wordSplitter) spannedAfter(text []byte, at int) bool {
	c := text[at]
	if c == s.space[0] && bytes.HasPrefix(text[at:], []byte(s.space)) {
		return s.runs
	}
	return s.after[c]
}
