package metrics

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MMMUOpen reports whether a response to one of MMMU's open questions has one of the answers, by
// the rule of MMMU's owners (mmmu/utils/eval_utils.py, parse_open_response and eval_open): the
// ends of the lines after words such as "is", "answer" or "therefore", and the numbers in them, are
// candidates. A candidate that is a number must equal a numeric answer, both rounded to two
// decimals; another must contain an answer that is not a number. Case does not matter.
func MMMUOpen(response string, answers []string) bool {
	var texts []string
	var numbers []float64
	for _, candidate := range mmmuCandidates(response) {
		if value, numeric := mmmuNumber(candidate); numeric {
			numbers = append(numbers, value)
		} else {
			texts = append(texts, mmmuTexts(candidate)...)
		}
	}
	for _, answer := range answers {
		if value, numeric := mmmuNumber(answer); numeric {
			for _, number := range numbers {
				if number == value {
					return true
				}
			}
			continue
		}
		for _, part := range mmmuTexts(answer) {
			for _, text := range texts {
				if strings.Contains(text, part) {
					return true
				}
			}
		}
	}
	return false
}

// mmmuNumber reads a number with any commas in it, rounded to two decimals.
func mmmuNumber(text string) (float64, bool) {
	value, ok := pythonFloat(strings.ReplaceAll(pythonStrip(text), ",", ""))
	if !ok {
		return 0, false
	}
	if !math.IsInf(value, 0) && value == value {
		value, _ = strconv.ParseFloat(strconv.FormatFloat(value, 'f', 2, 64), 64)
	}
	return value, true
}

// mmmuTexts returns the text in lower case; a single character comes with a space on either side,
// so that it does not match in a word.
func mmmuTexts(text string) []string {
	text = pythonLower(pythonStrip(text))
	if utf8.RuneCountInString(text) == 1 {
		return []string{" " + text, text + " "}
	}
	return []string{text}
}

// mmmuCandidates returns the parts of a response that may be its answer, and the numbers in them.
func mmmuCandidates(response string) []string {
	response = pythonLower(strings.Trim(pythonStrip(response), "."))
	lines := strings.Split(response, "\n")
	before := []string{"could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result "}
	var parts []string
	for n, line := range lines {
		if n == len(lines)-1 {
			before = append(before, "=")
		}
		shortest := ""
		for _, word := range before {
			at := strings.LastIndex(line, word)
			if at < 0 {
				continue
			}
			part := pythonStrip(line[at+len(word):])
			if shortest == "" || utf8.RuneCountInString(part) < utf8.RuneCountInString(shortest) {
				shortest = part
			}
		}
		if shortest != "" && !(len(shortest) == 1 && strings.Contains(":,.!?;'", shortest)) {
			parts = append(parts, shortest)
		}
	}
	if len(parts) == 0 {
		parts = []string{response}
	}
	candidates := parts[:len(parts):len(parts)]
	for _, part := range parts {
		text := []rune(part)
		for _, next := range []func([]rune, int) int{commaNumber, scientificNumber, simpleNumber} {
			for at := 0; at < len(text); {
				if end := next(text, at); end > at {
					candidates = append(candidates, string(text[at:end]))
					at = end
				} else {
					at++
				}
			}
		}
	}
	return candidates
}

// The following return the end of a number that begins at a place of the text, or -1. They are the
// regular expressions of the owners' extract_numbers, whose look-aheads Go's lack.

// commaNumber is -?\b\d{1,3}(?:,\d{3})+\b.
func commaNumber(text []rune, at int) int {
	start := at
	if text[at] == '-' {
		start++
	}
	if start > 0 && isWordRune(text[start-1]) {
		return -1
	}
	i := skipDigits(text, start)
	if i == start || i > start+3 {
		return -1
	}
	end := -1
	for i < len(text) && text[i] == ',' && i+4 <= len(text) && skipDigits(text[:i+4], i+1) == i+4 {
		i += 4
		if i == len(text) || !isWordRune(text[i]) {
			end = i
		}
	}
	return end
}

// scientificNumber is -?\d+(?:\.\d+)?[eE][+-]?\d+.
func scientificNumber(text []rune, at int) int {
	if text[at] == '-' {
		at++
	}
	whole := skipDigits(text, at)
	if whole == at {
		return -1
	}
	if fraction := skipFraction(text, whole); fraction > 0 {
		if end := skipExponent(text, fraction); end > 0 {
			return end
		}
	}
	return skipExponent(text, whole)
}

// simpleNumber is -?(?:\d+\.\d+|\.\d+|\d+\b)(?![eE][+-]?\d+)(?![,\d]).
func simpleNumber(text []rune, at int) int {
	if text[at] == '-' {
		at++
	}
	whole := skipDigits(text, at)
	ends := func(end int) bool {
		return skipExponent(text, end) < 0 && (end == len(text) || text[end] != ',')
	}
	if end := skipFraction(text, whole); end > 0 && ends(end) {
		return end
	}
	if whole > at && (whole == len(text) || !isWordRune(text[whole])) && ends(whole) {
		return whole
	}
	return -1
}

func skipDigits(text []rune, at int) int {
	for at < len(text) && unicode.Is(unicode.Nd, text[at]) {
		at++
	}
	return at
}

// skipFraction is \.\d+.
func skipFraction(text []rune, at int) int {
	if at >= len(text) || text[at] != '.' {
		return -1
	}
	if end := skipDigits(text, at+1); end > at+1 {
		return end
	}
	return -1
}

// skipExponent is [eE][+-]?\d+.
func skipExponent(text []rune, at int) int {
	if at >= len(text) || text[at] != 'e' && text[at] != 'E' {
		return -1
	}
	at++
	if at < len(text) && (text[at] == '+' || text[at] == '-') {
		at++
	}
	if end := skipDigits(text, at); end > at {
		return end
	}
	return -1
}
