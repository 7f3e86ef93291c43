package metrics

import "strings"

// OCRBenchCorrect reports whether the response contains one of the answers, in lower case and with
// line breaks as spaces (Yuliang-Liu/MultimodalOCR, OCRBench/example.py; VLMEvalKit does the same).
// OCRBench's score is the number of right ones of 1,000.
func OCRBenchCorrect(response string, answers []string) bool {
	return containsAny(response, answers, ocrBenchText)
}

func ocrBenchText(text string) string {
	return strings.ReplaceAll(pythonStrip(pythonLower(text)), "\n", " ")
}

// OCRBenchFormulaCorrect is [OCRBenchCorrect] for handwritten formulas (HME100k): case counts and
// spaces do not.
func OCRBenchFormulaCorrect(response string, answers []string) bool {
	return containsAny(response, answers, func(text string) string {
		return strings.NewReplacer("\n", "", " ", "").Replace(pythonStrip(text))
	})
}

// LMMsEvalOCRBenchCorrect is [OCRBenchCorrect] as lmms-eval has it (tasks/ocrbench/utils.py): full
// width Latin letters, digits and punctuation equal plain ones.
func LMMsEvalOCRBenchCorrect(response string, answers []string) bool {
	return containsAny(response, answers, func(text string) string { return ocrBenchText(foldFullWidth(text)) })
}

func foldFullWidth(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xfee0
		case r == 0x3000:
			return ' '
		}
		return r
	}, text)
}

func containsAny(response string, answers []string, clean func(string) string) bool {
	response = clean(response)
	for _, answer := range answers {
		if strings.Contains(response, clean(answer)) {
			return true
		}
	}
	return false
}
