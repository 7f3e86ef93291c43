package metrics

import (
	"fmt"
	"math"
	"strings"
)

// ciderN and ciderSigma are the reference's defaults: n-grams of up to 4 words, and the width, in
// words, of the penalty on candidates shorter or longer than the reference.
const (
	ciderN     = 4
	ciderSigma = 6.0
)

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
	if len(candidates) != len(references) {
		return nil, fmt.Errorf("CIDEr: %d candidates for %d images", len(candidates), len(references))
	}
	c := ciderCorpus{words: map[string]int32{}, grams: map[ngram]int32{}}
	cooked := make([][]*counts, len(references))
	for i, refs := range references {
		if len(refs) == 0 {
			return nil, fmt.Errorf("CIDEr: image %d of %d has no reference caption", i, len(references))
		}
		for _, ref := range refs {
			cooked[i] = append(cooked[i], c.count(ref))
		}
		c.addDocument(cooked[i], int32(i))
	}
	tests := make([]*counts, len(candidates))
	for i, candidate := range candidates {
		tests[i] = c.count(candidate)
	}
	c.weigh(len(references))
	c.reference = make([]float64, len(c.grams))
	scores := make([]float64, len(candidates))
	for i, refs := range cooked {
		scores[i] = c.score(tests[i], refs)
	}
	return scores, nil
}

// CaptionCIDEr tokenizes captions the way pycocoevalcap's COCOEvalCap does, all references as one
// list and all candidates as another, and returns their [CIDEr] scores.
func CaptionCIDEr(candidates []string, references [][]string) ([]float64, error) {
	var flat []string
	for _, refs := range references {
		flat = append(flat, refs...)
	}
	flat = PTBTokenize(flat)
	tokenized := make([][]string, len(references))
	for i, refs := range references {
		tokenized[i], flat = flat[:len(refs)], flat[len(refs):]
	}
	return CIDEr(PTBTokenize(candidates), tokenized)
}

// ngram is up to four word numbers from 1; unused places are 0.
type ngram [ciderN]int32

// counts are a caption's n-grams, each once, in order of length and first appearance.
type counts struct {
	grams   [ciderN][]int32
	times   [ciderN][]int32
	bigrams int // the reference's measure of length
}

type ciderCorpus struct {
	words     map[string]int32
	grams     map[ngram]int32
	documents []int32   // by n-gram: how many images' references hold it
	latest    []int32   // by n-gram: the image counted last
	place     []int32   // by n-gram: where the caption being counted holds it, from 1; 0 between calls
	idf       []float64 // by n-gram
	reference []float64 // by n-gram: weight in the reference at hand; zero between calls
}

func (c *ciderCorpus) count(caption string) *counts {
	fields := strings.FieldsFunc(caption, isPythonSpace)
	words := make([]int32, len(fields))
	for i, field := range fields {
		word, ok := c.words[field]
		if !ok {
			word = int32(len(c.words) + 1)
			c.words[field] = word
		}
		words[i] = word
	}
	out := &counts{bigrams: max(0, len(words)-1)}
	for n := range ciderN {
		for i := 0; i+n < len(words); i++ {
			var key ngram
			copy(key[:], words[i:i+n+1])
			gram, ok := c.grams[key]
			if !ok {
				gram = int32(len(c.grams))
				c.grams[key] = gram
				c.documents, c.latest, c.place = append(c.documents, 0), append(c.latest, -1), append(c.place, 0)
			}
			if c.place[gram] == 0 {
				out.grams[n], out.times[n] = append(out.grams[n], gram), append(out.times[n], 0)
				c.place[gram] = int32(len(out.grams[n]))
			}
			out.times[n][c.place[gram]-1]++
		}
		for _, gram := range out.grams[n] {
			c.place[gram] = 0
		}
	}
	return out
}

func (c *ciderCorpus) addDocument(refs []*counts, image int32) {
	for _, ref := range refs {
		for n := range ciderN {
			for _, gram := range ref.grams[n] {
				if c.latest[gram] != image {
					c.latest[gram] = image
					c.documents[gram]++
				}
			}
		}
	}
}

func (c *ciderCorpus) weigh(images int) {
	c.idf = make([]float64, len(c.documents))
	total := math.Log(float64(images))
	for gram, documents := range c.documents {
		c.idf[gram] = total - math.Log(max(1, float64(documents)))
	}
}

// norms returns the Euclidean lengths of the caption's four tf-idf vectors.
func (c *ciderCorpus) norms(caption *counts) (norms [ciderN]float64) {
	for n := range ciderN {
		for i, gram := range caption.grams[n] {
			weight := float64(caption.times[n][i]) * c.idf[gram]
			norms[n] += weight * weight
		}
		norms[n] = math.Sqrt(norms[n])
	}
	return norms
}

func (c *ciderCorpus) score(test *counts, refs []*counts) float64 {
	var sums [ciderN]float64
	testNorms := c.norms(test)
	for _, ref := range refs {
		refNorms := c.norms(ref)
		delta := float64(test.bigrams - ref.bigrams)
		penalty := math.Pow(math.E, -(delta*delta)/(2*ciderSigma*ciderSigma))
		for n := range ciderN {
			cosine := c.overlap(test, ref, n)
			if testNorms[n] != 0 && refNorms[n] != 0 {
				cosine /= testNorms[n] * refNorms[n]
			}
			sums[n] += cosine * penalty
		}
	}
	mean := (sums[0] + sums[1] + sums[2] + sums[3]) / ciderN
	return mean / float64(len(refs)) * 10
}

// overlap is the clipped product: the candidate's weight counts up to the reference's.
func (c *ciderCorpus) overlap(test, ref *counts, n int) (sum float64) {
	for i, gram := range ref.grams[n] {
		c.reference[gram] = float64(ref.times[n][i]) * c.idf[gram]
	}
	for i, gram := range test.grams[n] {
		weight := c.reference[gram]
		sum += min(float64(test.times[n][i])*c.idf[gram], weight) * weight
	}
	for _, gram := range ref.grams[n] {
		c.reference[gram] = 0
	}
	return sum
}
