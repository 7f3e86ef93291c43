package metrics

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
	if len(answers) == 1 {
		if NormalizeVQA(prediction) == NormalizeVQA(answers[0]) {
			return 1
		}
		return 0
	}
	var few [maxVQAAnswers]string
	var places [maxVQAAnswers]int
	texts, of := different(answers, few[:0], places[:0])
	for n := range texts {
		texts[n] = cleanVQA(texts[n])
	}
	prediction = cleanVQA(prediction)
	if !allSame(texts) {
		prediction = officialVQA.process(prediction)
		for n := range texts {
			texts[n] = officialVQA.process(texts[n])
		}
	}
	return leaveOneOut(prediction, texts, of)
}

// maxVQAAnswers is the number of answers that fit into an array on the stack: VQA has ten.
const maxVQAAnswers = 16

// different returns the different answers, so that equal ones are processed once, and the place
// among them of each answer. The results are appended to texts and of. Equal answers may stay apart
// where there are more different ones than usual.
func different(answers, texts []string, of []int) ([]string, []int) {
next:
	for _, answer := range answers {
		for at, text := range texts[:min(len(texts), maxVQAAnswers)] {
			if text == answer {
				of = append(of, at)
				continue next
			}
		}
		of = append(of, len(texts))
		texts = append(texts, answer)
	}
	return texts, of
}

func allSame(texts []string) bool {
	for _, text := range texts {
		if text != texts[0] {
			return false
		}
	}
	return true
}

// leaveOneOut is the mean over the answers of min(1, m/3), m being how many of the others equal the
// prediction. Each answer is one of the texts. Without answers it is 0.
func leaveOneOut(prediction string, texts []string, of []int) float64 {
	var few [maxVQAAnswers]bool
	right := few[:0]
	for _, text := range texts {
		right = append(right, text == prediction)
	}
	equal := 0
	for _, at := range of {
		if right[at] {
			equal++
		}
	}
	if equal == 0 {
		return 0
	}
	sum, with, without := 0.0, min(1, float64(equal)/3), min(1, float64(equal-1)/3)
	for _, at := range of {
		if right[at] {
			sum += without
		} else {
			sum += with
		}
	}
	return sum / float64(len(of))
}

// NormalizeVQA returns the answer as the official evaluation compares it: line breaks and tabs
// become spaces, punctuation is removed or becomes a space, letters are lowered, articles go,
// number words up to ten become digits and contractions get their apostrophe.
func NormalizeVQA(answer string) string { return officialVQA.process(cleanVQA(answer)) }
