package metrics

import (
	"math"
	"strings"
)

// RelaxedAccuracy scores an answer to ChartQA: 1 if the prediction is right by [RelaxedMatch] for
// one of the answers, else 0.
func RelaxedAccuracy(prediction string, answers []string) float64 {
	for _, answer := range answers {
		if RelaxedMatch(prediction, answer) {
			return 1
		}
	}
	return 0
}

// RelaxedMatch reports whether the prediction is within 5% of a numeric answer, or the same text in
// lower case. It is relaxed_correctness of pix2struct (pix2struct/metrics.py), which lmms-eval,
// VLMEvalKit and Qwen-VL copied, after Masry et al., ChartQA, section 5.1. ChartQA's own repository
// has no scorer.
//
// A number is what Python's float reads. After a number, percent signs divide by 100: 27% equals
// 0.27 and does not equal 27. An answer of 0 needs the same text.
func RelaxedMatch(prediction, answer string) bool {
	p, predicted := percentOrFloat(prediction)
	a, numeric := percentOrFloat(answer)
	if predicted && numeric && a != 0 {
		return math.Abs(p-a)/math.Abs(a) <= 0.05
	}
	return pythonLower(prediction) == pythonLower(answer)
}

func percentOrFloat(text string) (float64, bool) {
	number := strings.TrimRight(text, "%")
	value, ok := pythonFloat(number)
	if number != text {
		value /= 100
	}
	return value, ok
}

// VLMEvalKitRelaxedAccuracy is [RelaxedAccuracy] as VLMEvalKit has it (dataset/utils/vqa_eval.py):
// white space around the prediction goes first.
func VLMEvalKitRelaxedAccuracy(prediction string, answers []string) float64 {
	return RelaxedAccuracy(pythonStrip(prediction), answers)
}
