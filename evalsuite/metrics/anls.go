package metrics

import "strings"

// ANLS is the average normalised Levenshtein similarity of one prediction, from 0 to 1, as the
// servers of DocVQA, InfographicVQA and ST-VQA compute it (rrc.cvc.uab.es, infographicsvqa_eval.py;
// Biten et al., Scene Text VQA, equation 1): 1 - d/l for the answer where it is greatest, and 0 if
// that is below 0.5.
//
// d is the edit distance of the texts in lower case with white space collapsed. l is the length in
// code points of the longer text in capitals, white space not collapsed, so that a prediction with
// many spaces scores less. lmms-eval and VLMEvalKit compute the same. Without answers it is 0.
func ANLS(prediction string, answers []string) float64 {
	predicted := anlsText(prediction)
	length := upperLength(prediction)
	best := 0.0
	for _, answer := range answers {
		l := max(length, upperLength(answer))
		if l == 0 {
			return 1
		}
		if d, near := editDistanceWithin(anlsText(answer), predicted, l/2); near {
			best = max(best, 1-float64(d)/float64(l))
		}
	}
	return best
}

func anlsText(s string) []rune {
	return []rune(strings.Join(pythonFields(pythonLower(pythonStrip(s))), " "))
}

// ANLSPix2Struct is ANLS as pix2struct and big_vision compute it (pix2struct/metrics.py;
// big_vision, evaluators/proj/paligemma/transfers/vqa.py): texts in lower case, white space as it
// is, and a similarity of exactly 0.5 counts as 0.
func ANLSPix2Struct(prediction string, answers []string) float64 {
	predicted := []rune(pythonLower(prediction))
	best := 0.0
	for _, answer := range answers {
		text := []rune(pythonLower(answer))
		l := max(len(predicted), len(text))
		if l == 0 {
			return 1
		}
		if d, near := editDistanceWithin(text, predicted, l/2); near && 2*d < l {
			best = max(best, 1-float64(d)/float64(l))
		}
	}
	return best
}
