package metrics

import "fmt"

// ciderSigma is the reference's default width, in words, of the penalty on candidates that are
// shorter or longer than a reference. N-grams have up to captionN words, as there.
const ciderSigma = 6.0

// CIDEr returns one score per image: CIDEr-D as pycocoevalcap computes it (cider_scorer.py, after
// Vedantam, Zitnick and Parikh, CVPR 2015): ten times the mean, over n-gram lengths 1 to 4 and over
// the image's references, of the clipped cosine between tf-idf vectors, times a Gaussian in the
// difference of lengths. The corpus's score is the mean over images; papers print it times 100.
//
// It compares candidates[i] with references[i]. Both must be tokenized ([PTBTokenize]), with words
// separated by white space. Document frequencies are those of all references, so scores depend on
// the whole corpus, and a single image scores 0. It returns an error if the lengths differ or an
// image has no reference.
func CIDEr(candidates []string, references [][]string) ([]float64, error) {
	r, err := NewTokenizedReferences(references)
	if err == nil {
		var s CaptionScores
		if s, err = r.ScoreTokenized(candidates); err == nil {
			return s.CIDEr, nil
		}
	}
	return nil, fmt.Errorf("CIDEr: %w", err)
}

// CaptionCIDEr tokenizes captions the way pycocoevalcap's COCOEvalCap does, all references as one
// list and all candidates as another, and returns their [CIDEr] scores.
func CaptionCIDEr(candidates []string, references [][]string) ([]float64, error) {
	s, err := captionScores(candidates, references)
	if err != nil {
		return nil, fmt.Errorf("CIDEr: %w", err)
	}
	return s.CIDEr, nil
}
