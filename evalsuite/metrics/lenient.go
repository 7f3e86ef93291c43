package metrics

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NormalizeLenient rewrites an answer so that spellings that a person takes for the same are the
// same: full-width and composed letters are plain ones and letters are lowered; marks around words
// and an article at the beginning go; numbers lose the commas between thousands, a plus sign and
// zeros that say nothing (977,633 = 977633, 27.0 = 27, .5 = 0.5); number words up to twenty become
// digits; percent after a number becomes % (27 percent = 27 % = 27%).
//
// The rules are ours. A lenient score stands beside an official one, never in its place.
func NormalizeLenient(text string) string {
	words := strings.Fields(pythonLower(foldFullWidth(norm.NFC.String(text))))
	var kept []string
	for n := 0; n < len(words); n++ {
		word := trimMarks(words[n])
		if number, ok := plainNumber(word); ok {
			word = number
			if size := percentWords(words[n+1:]); size > 0 {
				word += "%"
				n += size
			}
		} else if digits, ok := countWords[word]; ok && word != "none" {
			word = digits
			if size := percentWords(words[n+1:]); size > 0 {
				word += "%"
				n += size
			}
		}
		article := len(kept) == 0 && n+1 < len(words) && (word == "a" || word == "an" || word == "the")
		if word != "" && !article {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// trimMarks removes marks at both ends, apart from a decimal point.
func trimMarks(word string) string {
	inner := strings.TrimFunc(word, isOuterMark)
	before, _, _ := strings.Cut(word, inner)
	if beginsWithDigit(inner) && strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "..") {
		return "." + inner
	}
	return inner
}

// isOuterMark is true for quotes, brackets and the marks that end a sentence, not for signs that
// belong to a number or a name.
func isOuterMark(r rune) bool {
	return strings.ContainsRune(`.,;:!?"'()[]{}<>*_`+"`", r) || unicode.In(r, unicode.Pi, unicode.Pf, unicode.Ps, unicode.Pe)
}

// percentWords is the number of words at the beginning that say percent.
func percentWords(words []string) int {
	at := func(n int) string {
		if n < len(words) {
			return strings.TrimFunc(words[n], isOuterMark)
		}
		return ""
	}
	switch {
	case at(0) == "%" || at(0) == "percent" || at(0) == "pct":
		return 1
	case at(0) == "per" && at(1) == "cent":
		return 2
	}
	return 0
}

// plainNumber rewrites a decimal number, with a currency sign before it or a percent sign behind it
// as it may be.
func plainNumber(word string) (string, bool) {
	number, percent := strings.CutSuffix(word, "%")
	sign := ""
	if i := strings.IndexFunc(number, func(r rune) bool { return !unicode.Is(unicode.Sc, r) && r != '+' && r != '-' }); i > 0 {
		sign, number = strings.ReplaceAll(number[:i], "+", ""), number[i:]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	whole, ok := withoutThousands(whole)
	if !ok || whole == "" && fraction == "" || strings.Trim(fraction, "0123456789") != "" {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if percent {
		whole += "%"
	}
	return sign + whole, true
}

// withoutThousands returns digits without the commas between groups of three.
func withoutThousands(digits string) (string, bool) {
	groups := strings.Split(digits, ",")
	for n, group := range groups {
		grouped := len(groups) == 1 || n == 0 && len(group) >= 1 && len(group) <= 3 || n > 0 && len(group) == 3
		if !grouped || strings.Trim(group, "0123456789") != "" {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// LenientMatch reports whether the prediction is one of the answers after [NormalizeLenient].
func LenientMatch(prediction string, answers []string) bool {
	return sameAs(prediction, answers, NormalizeLenient)
}

// LenientChoice reads a response that is a letter, in either case and with marks around it or a
// colon, period or bracket and the text of a choice behind it, or that is the text of one choice
// after [NormalizeLenient].
func LenientChoice(response string, choices []string) Extraction {
	text := NormalizeLenient(response)
	match := -1
	for n, choice := range choices {
		if NormalizeLenient(choice) != text {
			continue
		}
		if match >= 0 {
			return unparsed(manyChoices)
		}
		match = n
	}
	if match >= 0 {
		return parsed(ChoiceLetter(match))
	}
	first, rest := response, ""
	if words := strings.Fields(response); len(words) > 0 {
		first, rest = words[0], strings.Join(words[1:], " ")
	}
	letter := strings.ToLower(strings.TrimFunc(first, isOuterMark))
	if len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z' || rest != "" && first == strings.TrimRightFunc(first, isOuterMark) {
		return unparsed(noChoice)
	}
	return lowerLetter(letter, choices)
}
