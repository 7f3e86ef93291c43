package metrics

import (
	"strings"
	"unicode"
)

// SQuADExact is 1 if the prediction equals one of the answers after [NormalizeSQuAD], else 0, as
// the exact match of SQuAD (evaluate-v1.1.py).
func SQuADExact(prediction string, answers []string) float64 {
	prediction = NormalizeSQuAD(prediction)
	for _, answer := range answers {
		if NormalizeSQuAD(answer) == prediction {
			return 1
		}
	}
	return 0
}

// TokenF1 is the greatest F1 of the prediction's words with those of an answer, both by
// [NormalizeSQuAD], as in SQuAD (evaluate-v1.1.py). No common word gives 0, also if both are empty.
func TokenF1(prediction string, answers []string) float64 {
	predicted := pythonFields(NormalizeSQuAD(prediction))
	best := 0.0
	for _, answer := range answers {
		best = max(best, wordF1(predicted, pythonFields(NormalizeSQuAD(answer))))
	}
	return best
}

func wordF1(predicted, answer []string) float64 {
	left := map[string]int{}
	for _, word := range answer {
		left[word]++
	}
	common := 0
	for _, word := range predicted {
		if left[word] > 0 {
			left[word]--
			common++
		}
	}
	if common == 0 {
		return 0
	}
	precision, recall := float64(common)/float64(len(predicted)), float64(common)/float64(len(answer))
	return 2 * precision * recall / (precision + recall)
}

// NormalizeSQuAD lowers letters, removes ASCII punctuation and the words a, an and the, and
// collapses white space (evaluate-v1.1.py, normalize_answer).
func NormalizeSQuAD(text string) string {
	text = withoutASCIIPunctuation(pythonLower(text))
	var kept strings.Builder
	for len(text) > 0 {
		start := strings.IndexFunc(text, isWordRune)
		if start < 0 {
			kept.WriteString(text)
			break
		}
		kept.WriteString(text[:start])
		end := start + len(text[start:])
		if i := strings.IndexFunc(text[start:], func(r rune) bool { return !isWordRune(r) }); i >= 0 {
			end = start + i
		}
		switch word := text[start:end]; word {
		case "a", "an", "the":
			kept.WriteByte(' ')
		default:
			kept.WriteString(word)
		}
		text = text[end:]
	}
	return strings.Join(pythonFields(kept.String()), " ")
}

func withoutASCIIPunctuation(s string) string {
	return strings.Map(func(r rune) rune {
		if isASCIIPunctuation(r) {
			return -1
		}
		return r
	}, s)
}

// isASCIIPunctuation is Python's string.punctuation.
func isASCIIPunctuation(r rune) bool {
	return r > ' ' && r < 0x7f && !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
}

// isWordRune is what Python's regular expressions match with \w.
func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }
