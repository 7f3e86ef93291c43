package metrics

import (
	"fmt"
	"math"
)

// bleuN is the longest n-gram of BLEU-4.
const bleuN = captionN

// BLEUCounts holds the counts from which BLEU is computed. The counts of a corpus are the sums over
// its captions.
type BLEUCounts struct {
	Candidate int        // words of the candidate
	Reference int        // words of the reference with the closest length; the shorter one of two
	Guessed   [bleuN]int // n-grams of the candidate, by n-1
	Correct   [bleuN]int // of them in a reference, each as often as the reference that has it most often
}

// CountBLEU counts one candidate's n-grams against its references, as pycocoevalcap does
// (bleu_scorer.py, after Papineni et al., ACL 2002). Both must be tokenized ([PTBTokenize]), with
// words separated by white space.
func CountBLEU(candidate string, references []string) BLEUCounts {
	v := newVocabulary()
	words := v.wordsOf(candidate)
	var m matches
	m.self(words)
	m.count.begin(words)
	for i, reference := range references {
		others := v.wordsOf(reference)
		m.compare(words, others)
		m.count.add(&m, len(others), i == 0)
	}
	return m.count.counts(&m)
}

// nearer reports whether the length a is nearer to the candidate's than b, or as near and shorter.
func nearer(a, b, candidate int) bool {
	byA, byB := max(a-candidate, candidate-a), max(b-candidate, candidate-b)
	return byA < byB || byA == byB && a < b
}

// Add adds the counts of another caption.
func (c *BLEUCounts) Add(other BLEUCounts) { c.add(&other, 1) }

// add adds the counts of another caption several times.
func (c *BLEUCounts) add(other *BLEUCounts, times int) {
	c.Candidate += times * other.Candidate
	c.Reference += times * other.Reference
	for n := range bleuN {
		c.Guessed[n] += times * other.Guessed[n]
		c.Correct[n] += times * other.Correct[n]
	}
}

// Scores returns BLEU-1 to BLEU-4 of the counts, each from 0 to 1. It adds the same small constants
// as pycocoevalcap to avoid division by zero.
func (c BLEUCounts) Scores() (scores [bleuN]float64) {
	const small, tiny = 1e-9, 1e-15
	product := 1.0
	for n := range bleuN {
		product *= (float64(c.Correct[n]) + tiny) / (float64(c.Guessed[n]) + small)
		scores[n] = math.Pow(product, 1/float64(n+1))
	}
	ratio := (float64(c.Candidate) + tiny) / (float64(c.Reference) + small)
	if ratio < 1 {
		for n := range scores {
			scores[n] *= math.Exp(1 - 1/ratio)
		}
	}
	return scores
}

// CaptionBLEU tokenizes captions like [CaptionCIDEr] and returns the counts of each. It returns an
// error if the lengths differ or an image has no reference.
func CaptionBLEU(candidates []string, references [][]string) ([]BLEUCounts, error) {
	s, err := captionScores(candidates, references)
	if err != nil {
		return nil, fmt.Errorf("BLEU: %w", err)
	}
	return s.BLEU, nil
}

// BLEU4 returns the BLEU-4 of a corpus from the counts of each image. The interval resamples
// images.
func (b Bootstrap) BLEU4(images []BLEUCounts) Score { return b.BLEU(images)[bleuN-1] }

// BLEU returns BLEU-1 to BLEU-4 of a corpus, each as [Bootstrap.BLEU4], from the same resamples.
func (b Bootstrap) BLEU(images []BLEUCounts) (scores [bleuN]Score) {
	if len(images) == 0 {
		return scores
	}
	copy(scores[:], b.Statistics(len(images), func(drawn []int32) []float64 {
		var sum BLEUCounts
		for i, times := range drawn {
			if times > 0 {
				sum.add(&images[i], int(times))
			}
		}
		of := sum.Scores()
		return of[:]
	}))
	return scores
}
