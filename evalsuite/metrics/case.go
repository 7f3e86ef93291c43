package metrics

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// isPythonSpace is what Python's str.split and str.strip take for white space.
func isPythonSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// pythonLower is Python's str.lower: Unicode's full mapping, which differs from strings.ToLower in
// two letters, the dotted capital I and the capital sigma that ends a word.
func pythonLower(s string) string { return lower(s, endsWord) }

// javaLower is Java's String.toLowerCase, which finds the words' ends in another way.
func javaLower(s string) string { return lower(s, endsWordInJava) }

func lower(s string, final func(before, after string) bool) string {
	if !strings.Contains(s, "İ") && !strings.Contains(s, "Σ") {
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

func isCased(r rune) bool { return unicode.IsUpper(r) || unicode.IsLower(r) || unicode.IsTitle(r) }

// endsWord is Unicode's condition Final_Sigma: a cased letter before, none after, not counting
// what case ignores.
func endsWord(before, after string) bool {
	ignored := func(r rune) bool {
		return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) || strings.ContainsRune("'.:·’‘․﹒＇．：", r)
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(before, ignored))
	next, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(after, ignored))
	return isCased(last) && !isCased(next)
}

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
			case isCased(r):
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
