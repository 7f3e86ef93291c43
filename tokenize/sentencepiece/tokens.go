package sentencepiece

import "unicode/utf8"

// Token is a piece found in a text, where it covers the bytes [Begin, End). With byte fallback a
// character becomes a token for each of its bytes: the last of them covers the character, the
// others are empty and stand at its start.
type Token struct {
	ID         int32
	Piece      string
	Begin, End int
}

// Tokens returns the pieces of text with the bytes of text that each covers.
func (m *Model) Tokens(text string) []Token {
	w := m.borrow(text, true)
	m.segment(w)
	tokens := m.tokens(w)
	m.release(w)
	return tokens
}

// Span is a token that also gives its place in the text in runes. A byte that is not part of valid
// UTF-8 counts as one rune, as in a range loop.
type Span struct {
	Token
	BeginRune, EndRune int
}

// Spans returns the pieces of text with the bytes and runes of text that each covers.
func (m *Model) Spans(text string) []Span {
	tokens := m.Tokens(text)
	spans := make([]Span, len(tokens))
	at, runes := 0, 0
	count := func(to int) int {
		runes += utf8.RuneCountInString(text[at:to])
		at = to
		return runes
	}
	for i, t := range tokens {
		spans[i] = Span{t, count(t.Begin), count(t.End)}
	}
	return spans
}

// tokens returns w.segments as tokens, as PopulateSentencePieceText of sentencepiece_processor.cc
// does. It makes the same ids as appendIDs.
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
