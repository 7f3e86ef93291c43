package sentencepiece

import "unicode/utf8"

// Span is a token with its place in the text in runes, beside that in bytes. A byte that is not
// UTF-8 counts as one rune, as in a range loop.
type Span struct {
	Token
	BeginRune, EndRune int
}

// Spans returns text's pieces with their places in text, in bytes and in runes.
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
