// Package python has Python's methods of strings where Go's differ from them.
package python

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// IsSpace is what Python's str.split and str.strip take for white space.
func IsSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// IsDigit is Python's str.isdigit of a letter: Unicode's digits, and those that are written small,
// in circles or with a period.
func IsDigit(r rune) bool { return unicode.IsDigit(r) || r > 0x7f && unicode.Is(digits, r) }

// digits are the code points of the type Digit in Unicode's DerivedNumericType.txt, 16.0.
var digits = &unicode.RangeTable{LatinOffset: 1, R16: []unicode.Range16{
	{0xb2, 0xb3, 1}, {0xb9, 0xb9, 1}, {0x1369, 0x1371, 1}, {0x19da, 0x19da, 1}, {0x2070, 0x2070, 1}, {0x2074, 0x2079, 1}, {0x2080, 0x2089, 1},
	{0x2460, 0x2468, 1}, {0x2474, 0x247c, 1}, {0x2488, 0x2490, 1}, {0x24ea, 0x24ea, 1}, {0x24f5, 0x24fd, 1}, {0x24ff, 0x24ff, 1},
	{0x2776, 0x277e, 1}, {0x2780, 0x2788, 1}, {0x278a, 0x2792, 1},
}, R32: []unicode.Range32{{0x10a40, 0x10a43, 1}, {0x10e60, 0x10e68, 1}, {0x11052, 0x1105a, 1}, {0x1f100, 0x1f10a, 1}}}

// IsWord is what Python's regular expressions take for part of a word.
func IsWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }

// Strip is Python's str.strip.
func Strip(s string) string { return strings.TrimFunc(s, IsSpace) }

// Fields is Python's str.split.
func Fields(s string) []string { return strings.FieldsFunc(s, IsSpace) }

// Lower is Python's str.lower: Unicode's full mapping, which differs from strings.ToLower in two
// letters, the dotted capital I and the capital sigma that ends a word.
func Lower(s string) string { return LowerBy(s, endsWord) }

// LowerBy is [Lower] where final says, of the text before and after a capital sigma, whether it
// ends a word.
func LowerBy(s string, final func(before, after string) bool) string {
	switch {
	case isPlainLower(s):
		return s
	case !strings.Contains(s, "İ") && !strings.Contains(s, "Σ"):
		return strings.ToLower(s)
	}
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == 'İ':
			out.WriteString("i̇")
		case r == 'Σ' && final(s[:i], s[i+len("Σ"):]):
			out.WriteRune('ς')
		default:
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}

// isPlainLower reports whether a text is ASCII without capitals.
func isPlainLower(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// IsCased reports whether a letter is a capital, a small or a title letter.
func IsCased(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) }

// endsWord is Unicode's condition Final_Sigma: a cased letter before, none after, not counting
// what case ignores.
func endsWord(before, after string) bool {
	ignored := func(r rune) bool {
		return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’‘․﹒＇．：", r)
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(before, ignored))
	next, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(after, ignored))
	return IsCased(last) && !IsCased(next)
}
