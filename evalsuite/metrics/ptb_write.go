package metrics

import "strings"

// The ways in which ptbRules write a token and say how many bytes of it were read.

// unread leaves the last n bytes for the next token: "cannot" is "can" and "not".
func unread(n int) func(string) (string, int) {
	return func(text string) (string, int) { return text[:len(text)-n], len(text) - n }
}

// unreadPeriod keeps the abbreviation's period and leaves it for the end of the sentence as well.
func unreadPeriod(text string) (string, int) { return text, len(text) - 1 }

// sentenceEndingAcronym is unreadPeriod for acronyms ("U.S."); a single letter ("vitamin C.") gives
// its period up.
func sentenceEndingAcronym(text string) (string, int) {
	if len(text) == 2 {
		return text[:1], 1
	}
	return unreadPeriod(text)
}

func always(token string) func(string) (string, int) {
	return func(text string) (string, int) { return token, len(text) }
}

// lineEnd ends the caption if the line end took the line feed between two captions with it.
func lineEnd(text string) (string, int) {
	if strings.HasSuffix(text, "\n") {
		return "\n", len(text)
	}
	return "", len(text)
}

func replacing(pairs ...string) func(string) (string, int) {
	r := strings.NewReplacer(pairs...)
	return func(text string) (string, int) { return r.Replace(text), len(text) }
}

// protectSpaces makes spaces inside a token no-break spaces. (CIDEr splits tokens at them all the
// same.)
func protectSpaces(text string) (string, int) {
	return strings.ReplaceAll(text, " ", "\u00A0"), len(text)
}

func dropSoftHyphens(text string) (string, int) {
	if token := strings.ReplaceAll(text, "\u00AD", ""); token != "" {
		return token, len(text)
	}
	return "-", len(text)
}

func plainAmpersand(text string) (string, int) {
	token := strings.Builder{}
	for i := 0; i < len(text); i++ {
		token.WriteByte(text[i])
		if i+5 <= len(text) && strings.EqualFold(text[i:i+5], "&amp;") {
			i += 4
		}
	}
	return token.String(), len(text)
}

// latexQuotes writes quotation marks as TeX does. Straight ones and &apos; are closing here: an
// opening one stands alone, and single marks are removed as punctuation.
var latexQuotes = replacing("&apos;", "'", "\u0091", "`", "‘", "`", "‛", "`", "‹", "`", "\u0092", "'", "’", "'", "›", "'",
	"\u0093", "``", "“", "``", "«", "``", "\u0094", "''", "”", "''", "»", "''")

// parentheses writes those of a smiley or a phone number; other brackets stay there.
var parentheses = replacing("(", "-LRB-", ")", "-RRB-")

var bracket = replacing("(", "-LRB-", ")", "-RRB-", "{", "-LCB-", "}", "-RCB-", "[", "-LSB-", "]", "-RSB-")

// phone is protectSpaces and parentheses.
func phone(text string) (string, int) {
	token, _ := protectSpaces(text)
	token, _ = parentheses(token)
	return token, len(text)
}

// hyphens writes three or four as a dash.
func hyphens(text string) (string, int) {
	if len(text) == 3 || len(text) == 4 {
		return "--", len(text)
	}
	return text, len(text)
}
