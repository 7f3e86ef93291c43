package metrics

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// VQAAccuracy scores one prediction against the answers that people gave, by the rules of the
// official evaluation (GT-Vision-Lab/VQA, vqaEval.py): a number from 0 to 1.
//
// Each answer in turn is left out; the prediction earns min(1, m/3), m being how many of the other
// answers it equals; the accuracy is the mean over what was left out. With the usual ten answers
// three equal ones therefore give 0.9 and four give 1.
//
// Prediction and answers are normalised with [NormalizeVQA] only if the answers differ from each
// other. If all are the same string, only line breaks, tabs and outer space are cleaned, so that
// "Yes" against ten times "yes" scores 0, as it does officially.
//
// The rule is the same for two to nine answers (two equal ones can give 1/3 at most). For a single
// answer, where nothing is left after leaving it out, it is 1 if both are equal once normalised,
// else 0. Without answers it is 0.
func VQAAccuracy(prediction string, answers []string) float64 {
	switch len(answers) {
	case 0:
		return 0
	case 1:
		if NormalizeVQA(prediction) == NormalizeVQA(answers[0]) {
			return 1
		}
		return 0
	}
	prediction = cleanVQA(prediction)
	clean := make([]string, len(answers))
	agree := true
	for i, answer := range answers {
		clean[i] = cleanVQA(answer)
		agree = agree && clean[i] == clean[0]
	}
	if !agree {
		prediction = processVQA(prediction)
		for i := range clean {
			clean[i] = processVQA(clean[i])
		}
	}
	equal := 0
	for _, answer := range clean {
		if answer == prediction {
			equal++
		}
	}
	sum := 0.0
	for _, left := range clean {
		others := equal
		if left == prediction {
			others--
		}
		sum += min(1, float64(others)/3)
	}
	return sum / float64(len(clean))
}

// NormalizeVQA returns the answer as the official evaluation compares it: line breaks and tabs
// become spaces, punctuation is removed or becomes a space, letters are lowered, articles go,
// number words up to ten become digits and contractions get their apostrophe.
func NormalizeVQA(answer string) string { return processVQA(cleanVQA(answer)) }

var lineBreaks = strings.NewReplacer("\n", " ", "\t", " ")

func cleanVQA(answer string) string {
	return strings.TrimFunc(lineBreaks.Replace(answer), isPythonSpace)
}

func processVQA(answer string) string {
	words := strings.FieldsFunc(pythonLower(stripVQAPunctuation(answer)), isPythonSpace)
	kept := words[:0]
	for _, word := range words {
		if digits, ok := vqaNumbers[word]; ok {
			word = digits
		}
		if word == "a" || word == "an" || word == "the" {
			continue
		}
		if full, ok := vqaContractions[word]; ok {
			word = full
		}
		kept = append(kept, word)
	}
	return strings.Join(kept, " ")
}

const vqaPunctuation = ";/[]\"{}()=+\\_-><@`,?!"

// stripVQAPunctuation is the official processPunctuation. A mark is deleted if it stands beside a
// space anywhere in the answer, or if the answer holds a comma between digits; otherwise each of
// its occurrences becomes a space. Then periods not followed by a digit go: the official expression
// (?!<=\d)(\.)(?!\d) was meant to look behind as well but does not, and its call passes
// re.UNICODE, which is 32, as the number of replacements.
func stripVQAPunctuation(answer string) string {
	if !strings.ContainsAny(answer, vqaPunctuation+".") {
		return answer
	}
	var vanishes [utf8.RuneSelf]bool // the marks beside a space
	joins := false                   // the official commaStrip: (\d)(\,)(\d)
	for i := range len(answer) {
		if c := answer[i]; strings.IndexByte(vqaPunctuation, c) >= 0 {
			before, after := answer[:i], answer[i+1:]
			vanishes[c] = vanishes[c] || strings.HasSuffix(before, " ") || strings.HasPrefix(after, " ")
			joins = joins || c == ',' && endsInDigit(before) && beginsWithDigit(after)
		}
	}
	var spaced strings.Builder
	for i := range len(answer) {
		switch c := answer[i]; {
		case strings.IndexByte(vqaPunctuation, c) < 0:
			spaced.WriteByte(c)
		case !joins && !vanishes[c]:
			spaced.WriteByte(' ')
		}
	}
	text := spaced.String()
	var out strings.Builder
	for i, removed := 0, 0; i < len(text); i++ {
		if text[i] == '.' && removed < 32 && !beginsWithDigit(text[i+1:]) {
			removed++
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func beginsWithDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Nd, r)
}

func endsInDigit(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.Is(unicode.Nd, r)
}
