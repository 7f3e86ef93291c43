package meteor

import (
	"regexp"
	"strings"
)

// Characters that METEOR counts as letters: western European and Cyrillic.
const letters = "A-Za-z\u0160\u017d\u0161\u017e\u0178\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017e" +
	"\u0400-\u04ff\u0500-\u0527\ua640-\ua66e\ua67e-\ua697\u1d00-\u1d7f"

// The rules of METEOR's normalizer for English, in their order (Normalizer.java of METEOR 1.5).
var (
	symbol        = regexp.MustCompile("([^0-9" + letters + "\\s\\x0b.'`,\\-\u2018\u2019])")
	severalDots   = regexp.MustCompile(`\.(\.+)`)
	lastDot       = regexp.MustCompile(`DOTMULTI\.([^.])`)
	commas        = []*regexp.Regexp{regexp.MustCompile(`([^0-9]),([^0-9])`), regexp.MustCompile(`([0-9]),([^0-9])`), regexp.MustCompile(`([^0-9]),([0-9])`)}
	singleQuote   = regexp.MustCompile("[`\u2018\u2019]")
	doubleQuote   = regexp.MustCompile("[\u201c\u201d]|''")
	dashInWord    = regexp.MustCompile("([0-9" + letters + ".])-([0-9" + letters + "])")
	contractions  = []*regexp.Regexp{regexp.MustCompile("([^" + letters + "])'([^" + letters + "])"), regexp.MustCompile("([^" + letters + "0-9])'([" + letters + "])"), regexp.MustCompile("([" + letters + "])'([^" + letters + "])")}
	rightOfLetter = regexp.MustCompile("([" + letters + "])'([" + letters + "])")
	decade        = regexp.MustCompile(`([0-9])'(s)`)
	letter        = regexp.MustCompile("[" + letters + "]")
	spaces        = regexp.MustCompile("[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
)

// normalize returns the words of a caption. Prefixes are abbreviations that keep their dot; the
// value is true for those that keep it before a number only.
func normalize(line string, prefixes map[string]bool) []string {
	line = strings.ToValidUTF8(line, "\ufffd")
	if isPlain(line) {
		return strings.Fields(strings.ToLower(line))
	}
	line = symbol.ReplaceAllString(" "+line+" ", " $1 ")
	line = severalDots.ReplaceAllString(line, " DOTMULTI$1")
	for strings.Contains(line, "DOTMULTI.") {
		line = lastDot.ReplaceAllString(line, "DOTDOTMULTI $1")
		line = strings.ReplaceAll(line, "DOTMULTI.", "DOTDOTMULTI")
	}
	for _, comma := range commas {
		line = comma.ReplaceAllString(line, "$1 , $2")
	}
	line = singleQuote.ReplaceAllString(line, "'")
	line = doubleQuote.ReplaceAllString(line, ` " `)
	line = strings.ReplaceAll(strings.ReplaceAll(line, "\u2013", "-"), "--", "-")
	line = dashInWord.ReplaceAllString(line, "$1 $2")
	for _, contraction := range contractions {
		line = contraction.ReplaceAllString(line, "$1 ' $2")
	}
	line = rightOfLetter.ReplaceAllString(line, "$1 '$2")
	line = decade.ReplaceAllString(line, "$1 '$2")
	line = splitDots(strings.FieldsFunc(line, isDelimiter), prefixes)
	for strings.Contains(line, "DOTDOTMULTI") {
		line = strings.ReplaceAll(line, "DOTDOTMULTI", "DOTMULTI.")
	}
	line = strings.ReplaceAll(line, "DOTMULTI", ".")
	line = spaces.ReplaceAllString(line, " ")
	return strings.FieldsFunc(strings.ToLower(line), isDelimiter)
}

// isDelimiter reports whether Java's StringTokenizer splits at the character.
func isDelimiter(r rune) bool { return strings.ContainsRune(" \t\n\r\f", r) }

// isPlain reports whether no rule applies: the line has English letters, digits and spaces only.
func isPlain(line string) bool {
	for i := range len(line) {
		c := line[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ') {
			return false
		}
	}
	return !strings.Contains(line, "DOTMULTI")
}

// splitDots splits dots from the ends of words, except from those of abbreviations, and drops the
// dots within a word, as in "U.S.".
func splitDots(words []string, prefixes map[string]bool) string {
	var out strings.Builder
	for i, word := range words {
		before, dotted := strings.CutSuffix(word, ".")
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		beforeNumber, known := prefixes[before]
		switch {
		case !dotted || before == "":
			out.WriteString(word)
		case strings.Contains(before, ".") && letter.MatchString(before):
			out.WriteString(strings.ReplaceAll(word, ".", ""))
		case known && !beforeNumber, next != "" && next[0] >= 'a' && next[0] <= 'z':
			out.WriteString(word)
		case known && beforeNumber && next != "" && next[0] >= '0' && next[0] <= '9':
			out.WriteString(word)
		default:
			out.WriteString(before + " .")
		}
		out.WriteByte(' ')
	}
	return out.String()
}
