package metrics

import (
	"math"
	"slices"
)

// matches finds the n-grams, of up to four words, that two texts share. It is used again for the
// next texts.
type matches struct {
	length int // words of the text

	// By n-1 and the word at which an n-gram of the text begins.
	times  [captionN][]int32   // how often the text has it
	again  [captionN][]bool    // it is the same as one before
	found  [captionN][]int32   // how often the other text has it
	idf    [captionN][]float64 // of the n-gram
	weight [captionN][]float64 // times multiplied by idf

	runs  []int32 // by word of the other text: how many words are equal from there on
	count bleuCount
}

// maxPairs bounds the pairs of words that are compared one by one. Longer texts are counted in
// maps.
const maxPairs = 1 << 18

// self takes a text and counts its n-grams.
func (m *matches) self(words []int32) {
	m.length = len(words)
	for n := range captionN {
		m.times[n], m.again[n] = cleared(m.times[n], len(words)), cleared(m.again[n], len(words))
		m.idf[n], m.weight[n] = cleared(m.idf[n], len(words)), cleared(m.weight[n], len(words))
	}
	if len(words)*len(words) > maxPairs {
		m.selfByMap(words)
		return
	}
	m.runs = cleared(m.runs, len(words)+1)
	for i := len(words) - 1; i >= 0; i-- {
		word := words[i]
		for j, other := range words { // runs[j+1] is still that of the word behind i
			if other != word {
				m.runs[j] = 0
				continue
			}
			run := min(captionN, 1+m.runs[j+1])
			m.runs[j] = run
			for n := range run {
				m.times[n][i]++
				m.again[n][i] = m.again[n][i] || j < i
			}
		}
	}
}

// compare counts how often another text has the n-grams of the text.
func (m *matches) compare(words, others []int32) {
	for n := range captionN {
		m.found[n] = cleared(m.found[n], len(words))
	}
	if len(words)*len(others) > maxPairs {
		m.compareByMap(words, others)
		return
	}
	m.runs = cleared(m.runs, len(others)+1)
	for i := len(words) - 1; i >= 0; i-- {
		word := words[i]
		for j, other := range others {
			if other != word {
				m.runs[j] = 0
				continue
			}
			run := min(captionN, 1+m.runs[j+1])
			m.runs[j] = run
			for n := range run {
				m.found[n][i]++
			}
		}
	}
}

// gramAt returns the n-gram of n+1 words that begins at word i. No word has the number -1.
func gramAt(words []int32, i, n int) (gram [captionN]int32) {
	for k := range gram {
		if gram[k] = -1; k <= n {
			gram[k] = words[i+k]
		}
	}
	return gram
}

func gramsByMap(words []int32) map[[captionN]int32]int32 {
	counts := map[[captionN]int32]int32{}
	for n := range captionN {
		for i := range max(0, len(words)-n) {
			counts[gramAt(words, i, n)]++
		}
	}
	return counts
}

func (m *matches) selfByMap(words []int32) {
	counts, seen := gramsByMap(words), map[[captionN]int32]bool{}
	for n := range captionN {
		for i := range max(0, len(words)-n) {
			gram := gramAt(words, i, n)
			m.times[n][i], m.again[n][i] = counts[gram], seen[gram]
			seen[gram] = true
		}
	}
}

func (m *matches) compareByMap(words, others []int32) {
	counts := gramsByMap(others)
	for n := range captionN {
		for i := range max(0, len(words)-n) {
			m.found[n][i] = counts[gramAt(words, i, n)]
		}
	}
}

// weigh looks up the inverse document frequencies of the text's n-grams.
func (m *matches) weigh(words []int32, f *frequencies) {
	f.each(words, func(n, i int, idf float64) {
		m.idf[n][i], m.weight[n][i] = idf, float64(m.times[n][i])*idf
	})
}

// norms returns the Euclidean lengths of the text's four tf-idf vectors, summed in the order in
// which the n-grams first appear.
func (m *matches) norms() (norms [captionN]float64) {
	for n := range captionN {
		for i := range max(0, m.length-n) {
			if !m.again[n][i] {
				norms[n] += m.weight[n][i] * m.weight[n][i]
			}
		}
		norms[n] = math.Sqrt(norms[n])
	}
	return norms
}

// overlaps returns CIDEr-D's clipped products with the other text, whose weights count in full.
func (m *matches) overlaps() (sums [captionN]float64) {
	for n := range captionN {
		for i := range max(0, m.length-n) {
			if m.found[n][i] > 0 && !m.again[n][i] {
				weight := float64(m.found[n][i]) * m.idf[n][i]
				sums[n] += min(m.weight[n][i], weight) * weight
			}
		}
	}
	return sums
}

// cleared returns a slice of n zeros, in the memory of s if it suffices.
func cleared[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// bleuCount counts for BLEU, reference by reference.
type bleuCount struct {
	reference int // length
	most      [captionN][]int32
}

func (c *bleuCount) begin(words []int32) {
	for n := range captionN {
		c.most[n] = cleared(c.most[n], len(words))
	}
	c.reference = 0
}

// add takes what was found in a reference.
func (c *bleuCount) add(m *matches, length int, first bool) {
	if first || nearer(length, c.reference, m.length) {
		c.reference = length
	}
	for n := range captionN {
		for i, found := range m.found[n] {
			c.most[n][i] = max(c.most[n][i], found)
		}
	}
}

func (c *bleuCount) counts(m *matches) BLEUCounts {
	b := BLEUCounts{Candidate: m.length, Reference: c.reference}
	for n := range captionN {
		b.Guessed[n] = max(0, m.length-n)
		for i := range b.Guessed[n] {
			if !m.again[n][i] {
				b.Correct[n] += int(min(m.times[n][i], c.most[n][i]))
			}
		}
	}
	return b
}
