package metrics

import (
	"fmt"
	"math/bits"
	"strings"
)

// rougeBeta weighs recall against precision in ROUGE-L. It is pycocoevalcap's.
const rougeBeta = 1.2

// ROUGEL returns the ROUGE-L of one candidate, from 0 to 1, as pycocoevalcap computes it (rouge.py,
// after Lin, ACL 2004): the F-measure of the highest precision and the highest recall, each over
// all references, of the longest common subsequence of words. Both must be tokenized
// ([PTBTokenize]), with words separated by one space. An empty text is one empty word, as there.
func ROUGEL(candidate string, references []string) float64 {
	var best rougeBest
	words := strings.Split(candidate, " ")
	for _, reference := range references {
		others := strings.Split(reference, " ")
		best.take(longestCommon(words, others), len(words), len(others))
	}
	return best.score()
}

// rougeBest are the highest precision and recall over the references so far.
type rougeBest struct{ precision, recall float64 }

// take takes the length of what a candidate and a reference have in common, and theirs.
func (b *rougeBest) take(common, words, others int) {
	b.precision = max(b.precision, float64(common)/float64(words))
	b.recall = max(b.recall, float64(common)/float64(others))
}

func (b *rougeBest) score() float64 {
	if b.precision == 0 || b.recall == 0 {
		return 0
	}
	const square = rougeBeta * rougeBeta
	return (1 + square) * b.precision * b.recall / (b.recall + square*b.precision)
}

// longestCommon returns the length of the longest common subsequence.
func longestCommon[T comparable](a, b []T) int {
	if len(a) <= 64 {
		return longestCommonOf64(a, b)
	}
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

// longestCommonOf64 is longestCommon for up to 64 words in a, which are the bits of a number
// (Hyyrö, Bit-parallel LCS-length computation revisited, 2004). A bit is 0 where the subsequence of
// a up to that word is longer than up to the word before.
func longestCommonOf64[T comparable](a, b []T) int {
	row := ^uint64(0)
	for _, other := range b {
		var equal uint64
		for i, word := range a {
			if word == other {
				equal |= 1 << i
			}
		}
		common := row & equal
		row = row + common | row&^equal
	}
	return bits.OnesCount64(^row & (1<<len(a) - 1))
}

// CaptionROUGEL tokenizes captions like [CaptionCIDEr] and returns the ROUGE-L of each; that of the
// corpus is their mean. It returns an error if the lengths differ or an image has no reference.
func CaptionROUGEL(candidates []string, references [][]string) ([]float64, error) {
	s, err := captionScores(candidates, references)
	if err != nil {
		return nil, fmt.Errorf("ROUGE-L: %w", err)
	}
	return s.ROUGEL, nil
}
