// Package overlap finds the words that two texts share: those of a small set of texts, the
// benchmark's, in any number of others. It knows no samples and no rules.
//
// Texts are compared by words. [Words] cuts a text into them, so that case, punctuation, white
// space, and the form in which Unicode writes a character do not matter. An [Index] holds the texts
// to be found; a [Searcher] lists the spans of words that a text shares with them.
package overlap

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Words calls yield for each word of a text. A word is a run of letters, digits and marks. In
// scripts that are written without blanks (Chinese, Japanese, Thai, Lao, Khmer, Burmese) every
// character is a word. Text is compared after NFKC normalisation and full case folding. Apostrophes
// and invisible characters of format are dropped, so that "don't" and "don’t" are one word and
// equal; any other character separates words.
//
// The word is valid during the call.
func Words(text string, yield func(word []byte)) {
	var word [64]byte
	w := wordCutter{word: word[:0], yield: yield}
	if isASCII(text) {
		w.ascii(text)
	} else {
		w.unicode(normalise(text))
	}
	w.end()
}

// normalise returns the text as NFKC and folded.
func normalise(text string) []byte {
	return norm.NFKC.Bytes(cases.Fold().Bytes(norm.NFKC.Append(nil, []byte(text)...)))
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// wordCutter collects the bytes of a word.
type wordCutter struct {
	word  []byte
	alone bool // the word is a character of a script without blanks
	yield func([]byte)
}

func (w *wordCutter) end() {
	if len(w.word) > 0 {
		w.yield(w.word)
	}
	w.word, w.alone = w.word[:0], false
}

func (w *wordCutter) ascii(text string) {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			w.word = append(w.word, c)
		case c >= 'A' && c <= 'Z':
			w.word = append(w.word, c|0x20)
		case c != '\'':
			w.end()
		}
	}
}

func (w *wordCutter) unicode(text []byte) {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			w.end() // a byte that is not UTF-8
		case unicode.IsMark(r):
			w.word = append(w.word, text[:size]...)
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			alone := unicode.Is(unspaced, r)
			if alone || w.alone {
				w.end()
			}
			w.word, w.alone = append(w.word, text[:size]...), alone
		case apostrophe(r) || unicode.Is(unicode.Cf, r):
		default:
			w.end()
		}
		text = text[size:]
	}
}

// apostrophe reports whether r is one, as in "don't": U+0027, U+2019, U+2018 and U+02BC, of which
// the last is a letter.
func apostrophe(r rune) bool { return r == '\'' || r == '\u2019' || r == '\u2018' }

// unspaced are the blocks of scripts that are written without blanks between words.
var unspaced = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x0e00, Hi: 0x0eff, Stride: 1}, // Thai, Lao
		{Lo: 0x1000, Hi: 0x109f, Stride: 1}, // Myanmar
		{Lo: 0x1780, Hi: 0x17ff, Stride: 1}, // Khmer
		{Lo: 0x2e80, Hi: 0x2fdf, Stride: 1}, // CJK radicals
		{Lo: 0x3005, Hi: 0x3007, Stride: 1}, // iteration mark, closing mark, zero
		{Lo: 0x3021, Hi: 0x3029, Stride: 1}, // Hangzhou numerals
		{Lo: 0x3040, Hi: 0x30ff, Stride: 1}, // Hiragana, Katakana
		{Lo: 0x31f0, Hi: 0x31ff, Stride: 1}, // Katakana extensions
		{Lo: 0x3400, Hi: 0x4dbf, Stride: 1}, // CJK extension A
		{Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, // CJK
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // CJK compatibility
	},
	R32: []unicode.Range32{{Lo: 0x20000, Hi: 0x3ffff, Stride: 1}},
}
