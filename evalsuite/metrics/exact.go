package metrics

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ExactMatch reports whether the prediction equals one of the references after [NormalizeExact].
func ExactMatch(prediction string, truths ...string) bool {
	prediction = NormalizeExact(prediction)
	for _, truth := range truths {
		if NormalizeExact(truth) == prediction {
			return true
		}
	}
	return false
}

// NormalizeExact normalises a text to Unicode NFC and white space to single spaces, with none at
// the ends. It keeps case and punctuation.
func NormalizeExact(text string) string {
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}

// SameText reports whether the prediction is one of the answers, nothing being normalised: GQA's
// accuracy (eval.py) and big_vision's of OCR-VQA and AI2D.
func SameText(prediction string, answers []string) bool {
	return slices.Contains(answers, prediction)
}

// SameTextAnyCase is [SameText] in lower case, as big_vision scores OCR-VQA, ST-VQA and ChartQA
// (evaluators/proj/paligemma/transfers, to_lower).
func SameTextAnyCase(prediction string, answers []string) bool {
	return sameAs(prediction, answers, pythonLower)
}

// VLMEvalKitSameText is [SameText] in lower case, white space around the texts removed (VLMEvalKit,
// dataset/utils/vqa_eval.py, method accuracy).
func VLMEvalKitSameText(prediction string, answers []string) bool {
	return sameAs(prediction, answers, func(text string) string { return pythonLower(pythonStrip(text)) })
}

// LMMsEvalSameText is [SameText] in lower case, ASCII punctuation removed (lmms-eval,
// api/metrics.py, exact_match with ignore_case and ignore_punctuation).
func LMMsEvalSameText(prediction string, answers []string) bool {
	return sameAs(prediction, answers, lmmsEvalText)
}

// lmmsEvalText is what lmms-eval compares. NumPy, in whose arrays it holds the texts, drops NULs at
// the end.
func lmmsEvalText(text string) string {
	return strings.TrimRight(withoutASCIIPunctuation(pythonLower(text)), "\x00")
}

func sameAs(prediction string, answers []string, clean func(string) string) bool {
	prediction = clean(prediction)
	return slices.ContainsFunc(answers, func(answer string) bool { return clean(answer) == prediction })
}

// RealWorldQACorrect scores a response to RealWorldQA as lmms-eval does
// (tasks/realworldqa/utils.py; its owner, xAI, has no scorer). An answer from A to D is read with
// [LMMsEvalChoice]. Another must equal the response in lower case, without white space around it
// and periods behind it.
func RealWorldQACorrect(response, answer string) (bool, Extraction) {
	answer = pythonStrip(answer)
	if letter := strings.ToUpper(answer); len(letter) == 1 && letter[0] >= 'A' && letter[0] <= 'D' {
		choice := LMMsEvalChoice(response, make([]string, 4))
		return choice.Answer == letter, choice
	}
	text := strings.TrimRight(pythonStrip(pythonLower(response)), ".")
	return text == pythonLower(answer), parsed(text)
}
