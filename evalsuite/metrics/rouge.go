package metrics

import (
	"fmt"
	"strings"
)

// rougeBeta weighs recall against precision in ROUGE-L. It is pycocoevalcap's.
const rougeBeta = 1.2

// ROUGEL returns the ROUGE-L of one candidate, from 0 to 1, as pycocoevalcap computes it (rouge.py,
// after Lin, ACL 2004): the F-measure of the highest precision and the highest recall, each over
// all references, of the longest common subsequence of words. Both must be tokenized
// ([PTBTokenize]), with words separated by one space. An empty text is one empty word, as there.
func ROUGEL(candidate string, references []string) float64 {
	words := strings.Split(candidate, " ")
	var precision, recall float64
	for _, reference := range references {
		others := strings.Split(reference, " ")
		common := float64(longestCommon(words, others))
		precision = max(precision, common/float64(len(words)))
		recall = max(recall, common/float64(len(others)))
	}
	if precision == 0 || recall == 0 {
		return 0
	}
	const square = rougeBeta * rougeBeta
	return (1 + square) * precision * recall / (recall + square*precision)
}

// longestCommon returns the length of the longest common subsequence.
func longestCommon(a, b []string) int {
	lengths := make([]int, len(b)+1) // of the words of a so far, by words of b
	for _, word := range a {
		diagonal := 0
		for j, other := range b {
			above := lengths[j+1]
			if word == other {
				lengths[j+1] = diagonal + 1
			} else {
				lengths[j+1] = max(above, lengths[j])
			}
			diagonal = above
		}
	}
	return lengths[len(b)]
}

// CaptionROUGEL tokenizes captions like [CaptionCIDEr] and returns the ROUGE-L of each; that of the
// corpus is their mean. It returns an error if the lengths differ or an image has no reference.
func CaptionROUGEL(candidates []string, references [][]string) ([]float64, error) {
	if len(candidates) != len(references) {
		return nil, fmt.Errorf("ROUGE-L: %d candidates for %d images", len(candidates), len(references))
	}
	var flat []string
	for i, refs := range references {
		if len(refs) == 0 {
			return nil, fmt.Errorf("ROUGE-L: image %d of %d has no reference caption", i, len(references))
		}
		flat = append(flat, refs...)
	}
	flat = PTBTokenize(flat)
	scores := make([]float64, len(candidates))
	for i, candidate := range PTBTokenize(candidates) {
		n := len(references[i])
		scores[i], flat = ROUGEL(candidate, flat[:n]), flat[n:]
	}
	return scores, nil
}
