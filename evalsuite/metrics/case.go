package metrics

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/python"
)

// isPythonSpace is what Python's str.split and str.strip take for white space.
func isPythonSpace(r rune) bool { return python.IsSpace(r) }

// pythonLower is Python's str.lower.
func pythonLower(s string) string { return python.Lower(s) }

// pythonStrip is Python's str.strip.
func pythonStrip(s string) string { return python.Strip(s) }

// pythonFields is Python's str.split.
func pythonFields(s string) []string { return python.Fields(s) }

// javaLower is Java's String.toLowerCase, which finds the words' ends in another way than Python.
func javaLower(s string) string { return python.LowerBy(s, endsWordInJava) }

// endsWordInJava asks for a cased letter anywhere before in the same word and none anywhere after,
// words being runs of letters, digits, marks and underscores, joined by dashes, quotes and periods.
// (Java's own words differ a little where digits meet the sigma.)
func endsWordInJava(before, after string) bool {
	word := func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) && r != 'ー' || r == '_'
	}
	joins := func(r rune) bool { return unicode.Is(unicode.Pd, r) || strings.ContainsRune("\u00AD\u2027\"'.", r) }
	inWord := func(text string, next func(string) (rune, int), rest func(string, int) string) bool {
		for {
			r, size := next(text)
			if size > 0 && joins(r) {
				text = rest(text, size)
				if r, size = next(text); !unicode.IsLetter(r) {
					return false
				}
			}
			switch {
			case python.IsCased(r):
				return true
			case size == 0 || !word(r):
				return false
			}
			text = rest(text, size)
		}
	}
	return inWord(before, utf8.DecodeLastRuneInString, func(s string, n int) string { return s[:len(s)-n] }) &&
		!inWord(after, utf8.DecodeRuneInString, func(s string, n int) string { return s[n:] })
}

// upperLength is the number of code points of Python's str.upper, Unicode's full mapping, which
// writes 102 letters as two or three.
func upperLength(s string) int {
	n := 0
	for _, r := range s {
		n++
		switch {
		case r < 0xdf:
		case unicode.Is(upperAsThree, r):
			n += 2
		case unicode.Is(upperAsTwo, r):
			n++
		}
	}
	return n
}

// The letters that Unicode's SpecialCasing.txt writes in capitals as two and as three code points.
var (
	upperAsTwo = &unicode.RangeTable{LatinOffset: 1, R16: []unicode.Range16{
		{0xdf, 0xdf, 1}, {0x149, 0x149, 1}, {0x1f0, 0x1f0, 1}, {0x587, 0x587, 1}, {0x1e96, 0x1e9a, 1}, {0x1f50, 0x1f50, 1},
		{0x1f80, 0x1faf, 1}, {0x1fb2, 0x1fb4, 1}, {0x1fb6, 0x1fbc, 6}, {0x1fc2, 0x1fc4, 1}, {0x1fc6, 0x1fcc, 6}, {0x1fd6, 0x1fd6, 1},
		{0x1fe4, 0x1fe6, 2}, {0x1ff2, 0x1ff4, 1}, {0x1ff6, 0x1ffc, 6}, {0xfb00, 0xfb02, 1}, {0xfb05, 0xfb06, 1}, {0xfb13, 0xfb17, 1},
	}}
	upperAsThree = &unicode.RangeTable{R16: []unicode.Range16{
		{0x390, 0x390, 1}, {0x3b0, 0x3b0, 1}, {0x1f52, 0x1f56, 2}, {0x1fb7, 0x1fb7, 1}, {0x1fc7, 0x1fc7, 1}, {0x1fd2, 0x1fd3, 1},
		{0x1fd7, 0x1fd7, 1}, {0x1fe2, 0x1fe3, 1}, {0x1fe7, 0x1fe7, 1}, {0x1ff7, 0x1ff7, 1}, {0xfb03, 0xfb04, 1},
	}}
)
