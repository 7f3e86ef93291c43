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
	clean := append(few[:0], answers...)
	agree := true
	for i, answer := range answers {
		clean[i] = cleanVQA(answer)
		agree = agree && clean[i] == clean[0]
	}
	prediction = cleanVQA(prediction)
	if !agree {
		prediction = officialVQA.process(prediction)
		processAll(clean, officialVQA.process)
	}
	return leaveOneOut(prediction, clean)
}

// maxVQAAnswers is the number of answers that fit into an array on the stack: VQA has ten.
const maxVQAAnswers = 16

// processAll replaces each answer by its processed form. Equal answers are processed once.
func processAll(answers []string, process func(string) string) {
	var few [maxVQAAnswers]string
	raw := append(few[:0], answers...)
next:
	for i, answer := range raw {
		for j, before := range raw[:i] {
			if before == answer {
				answers[i] = answers[j]
				continue next
			}
		}
		answers[i] = process(answer)
	}
}

// leaveOneOut is the mean over the answers of min(1, m/3), m being how many of the others equal the
// prediction. Without answers it is 0.
func leaveOneOut(prediction string, answers []string) float64 {
	if len(answers) == 0 {
		return 0
	}
	equal := 0
	for _, answer := range answers {
		if answer == prediction {
			equal++
		}
	}
	sum := 0.0
	for _, left := range answers {
		others := equal
		if left == prediction {
			others--
		}
		sum += min(1, float64(others)/3)
	}
	return sum / float64(len(answers))
}

// NormalizeVQA returns the answer as the official evaluation compares it: line breaks and tabs
// become spaces, punctuation is removed or becomes a space, letters are lowered, articles go,
// number words up to ten become digits and contractions get their apostrophe.
func NormalizeVQA(answer string) string { return officialVQA.process(cleanVQA(answer)) }
