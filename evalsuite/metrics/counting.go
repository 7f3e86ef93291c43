package metrics

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// TallyQACorrect reports whether two counts are the same text once number words up to twenty, and
// none, are digits (big_vision, evaluators/proj/paligemma/transfers/tallyqa.py).
func TallyQACorrect(prediction, answer string) bool {
	return countDigits(prediction) == countDigits(answer)
}

func countDigits(text string) string {
	if digits, ok := countWords[pythonLower(text)]; ok {
		return digits
	}
	return text
}

// VLMEvalKitCount reads the first word of the response that is a number from 0 to 20, in digits or
// letters (VLMEvalKit, dataset/utils/tallyqa.py).
func VLMEvalKitCount(response string) Extraction {
	words := strings.FieldsFunc(pythonLower(response), func(r rune) bool { return !isWordRune(r) })
	for _, word := range words {
		if digits, ok := countWords[word]; ok && word != "none" {
			return parsed(digits)
		}
		if n, err := strconv.Atoi(word); err == nil && n >= 0 && n <= 20 && strconv.Itoa(n) == word {
			return parsed(word)
		}
	}
	return unparsed(noNumber)
}

// CountRMSE is the root of the mean squared difference of predicted and right counts, TallyQA's
// second metric (Acharya et al., TallyQA, section 5). Number words are read as in [TallyQACorrect].
// A prediction that is no number cannot enter the mean: unparsed counts those left out. An answer
// that is no number is an error.
func CountRMSE(predictions, answers []string) (rmse float64, unparsed int, err error) {
	if len(predictions) != len(answers) {
		return 0, 0, fmt.Errorf("counting: %d predictions for %d answers", len(predictions), len(answers))
	}
	sum, n := 0.0, 0
	for i, prediction := range predictions {
		answer, ok := finite(countDigits(answers[i]))
		if !ok {
			return 0, 0, fmt.Errorf("counting: answer %d, %q, is no number", i, answers[i])
		}
		predicted, ok := finite(countDigits(prediction))
		if !ok {
			unparsed++
			continue
		}
		sum += (predicted - answer) * (predicted - answer)
		n++
	}
	if n == 0 {
		return 0, unparsed, nil
	}
	return math.Sqrt(sum / float64(n)), unparsed, nil
}

func finite(text string) (float64, bool) {
	value, ok := pythonFloat(text)
	return value, ok && !math.IsInf(value, 0) && value == value
}

var countWords = map[string]string{
	"none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
	"eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14",
	"fifteen": "15", "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19", "twenty": "20",
}
