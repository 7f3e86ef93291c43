package metrics

import (
	"fmt"
	"math"
)

// References are the right captions of images, against which captions are scored, once or several
// times: tokenizing the references and counting their n-grams takes most of the time. It is safe
// for concurrent use.
type References struct {
	words *vocabulary
	texts captionWords // of all images
	first []int        // by image: its first caption, and the number of all captions at the end

	frequencies frequencies
	norms       [][captionN]float64 // of each caption's tf-idf vectors, by n-1
}

// CaptionScores are the scores of captions, one of each kind per image.
type CaptionScores struct {
	CIDEr  []float64    // CIDEr-D from 0 to 10: see [CIDEr]
	ROUGEL []float64    // from 0 to 1: see [ROUGEL]
	BLEU   []BLEUCounts // whose sum gives BLEU-1 to BLEU-4 of the corpus: see [CountBLEU]
}

// NewReferences tokenizes the captions of images, all as one list ([PTBTokenize]). It returns an
// error if an image has none.
func NewReferences(captions [][]string) (*References, error) {
	return newReferences(captions, ptbCaptions)
}

// NewTokenizedReferences takes captions that are tokenized, with words separated by white space.
func NewTokenizedReferences(captions [][]string) (*References, error) {
	return newReferences(captions, spacedCaptions)
}

func newReferences(captions [][]string, tokens func([]string) captionTokens) (*References, error) {
	r := &References{words: newVocabulary(), first: make([]int, 1, len(captions)+1)}
	var flat []string
	for i, of := range captions {
		if len(of) == 0 {
			return nil, fmt.Errorf("image %d of %d has no reference caption", i, len(captions))
		}
		flat = append(flat, of...)
		r.first = append(r.first, len(flat))
	}
	r.texts = r.words.number(tokens(flat))
	r.count()
	return r, nil
}

// captionScores scores captions once.
func captionScores(candidates []string, references [][]string) (CaptionScores, error) {
	r, err := NewReferences(references)
	if err != nil {
		return CaptionScores{}, err
	}
	return r.Score(candidates)
}

// Images returns the number of images.
func (r *References) Images() int { return len(r.first) - 1 }

// Tokens returns the tokenized captions of each image, as [PTBTokenize] writes them.
func (r *References) Tokens() [][]string {
	of := r.words.list()
	tokens := make([][]string, r.Images())
	for i := range tokens {
		for n := r.first[i]; n < r.first[i+1]; n++ {
			tokens[i] = append(tokens[i], r.texts.join(n, of))
		}
	}
	return tokens
}

// count counts the n-grams of all captions and computes their norms.
func (r *References) count() {
	count, frequencies := countGrams(r.texts, r.first, len(r.words.numbers))
	r.frequencies = frequencies
	r.norms = make([][captionN]float64, len(r.texts.ends))
	eachRange(len(r.norms), func(from, to int) {
		var m matches
		for n := from; n < to; n++ {
			words, at := r.texts.words(n)
			m.self(words)
			for g := range captionN {
				for i := range words {
					m.weight[g][i] = float64(m.times[g][i]) * frequencies.idf[count.images[g][at+i]]
				}
			}
			r.norms[n] = m.norms()
		}
	})
}

// Score tokenizes a caption for each image, all as one list ([PTBTokenize]), and scores it. CIDEr
// takes its document frequencies from all references. It returns an error if the numbers of
// captions and of images differ.
func (r *References) Score(captions []string) (CaptionScores, error) {
	return r.scoreAll(captions, ptbCaptions)
}

// ScoreTokenized is [References.Score] for captions that are tokenized, with words separated by
// white space.
func (r *References) ScoreTokenized(captions []string) (CaptionScores, error) {
	return r.scoreAll(captions, spacedCaptions)
}

func (r *References) scoreAll(captions []string, tokens func([]string) captionTokens) (CaptionScores, error) {
	n := len(captions)
	if n != r.Images() {
		return CaptionScores{}, fmt.Errorf("%d candidates for %d images", n, r.Images())
	}
	s := CaptionScores{make([]float64, n), make([]float64, n), make([]BLEUCounts, n)}
	if n == 0 {
		return s, nil
	}
	texts := r.words.extended().number(tokens(captions))
	eachRange(n, func(from, to int) {
		var m matches
		for i := from; i < to; i++ {
			s.CIDEr[i], s.BLEU[i], s.ROUGEL[i] = r.score(&m, texts, i)
		}
	})
	return s, nil
}

// score scores the caption of an image.
func (r *References) score(m *matches, texts captionWords, image int) (cider float64, bleu BLEUCounts, rougeL float64) {
	words, _ := texts.words(image)
	tokens := texts.tokens(image)
	m.self(words)
	m.weigh(words, &r.frequencies)
	m.count.begin(words)
	norms := m.norms()
	var sums [captionN]float64
	var rouge rougeBest
	for n := r.first[image]; n < r.first[image+1]; n++ {
		other, _ := r.texts.words(n)
		m.compare(words, other)
		m.count.add(m, len(other), n == r.first[image])
		overlaps := m.overlaps()
		penalty := lengthPenalty(len(words), len(other))
		for g := range captionN {
			cosine := overlaps[g]
			if norms[g] != 0 && r.norms[n][g] != 0 {
				cosine /= norms[g] * r.norms[n][g]
			}
			sums[g] += cosine * penalty
		}
		others := r.texts.tokens(n)
		rouge.take(longestCommon(tokens, others), len(tokens), len(others))
	}
	mean := (sums[0] + sums[1] + sums[2] + sums[3]) / captionN
	references := r.first[image+1] - r.first[image]
	return mean / float64(references) * 10, m.count.counts(m), rouge.score()
}

// lengthPenalty is CIDEr-D's Gaussian in the difference of lengths, which the reference measures in
// bigrams.
func lengthPenalty(words, others int) float64 {
	delta := float64(max(0, words-1) - max(0, others-1))
	return math.Pow(math.E, -(delta*delta)/(2*ciderSigma*ciderSigma))
}

// eachRange calls work for ranges of n items on several goroutines.
func eachRange(n int, work func(from, to int)) {
	const together = 512
	parallel((n+together-1)/together, func(next func() (int, bool)) {
		for at, ok := next(); ok; at, ok = next() {
			work(at*together, min(n, (at+1)*together))
		}
	})
}
