package meteor

import "math"

// modules are the ways in which words match.
const (
	exact = iota
	stem
	synonym
	paraphrase
	modules
)

// Parameters of METEOR 1.5 for English and the task of ranking, its default.
const (
	alpha = 0.85
	beta  = 0.20
	gamma = 0.60
	delta = 0.75
)

// weights of the modules in the score.
var weights = [modules]float64{1.0, 0.6, 0.8, 0.6}

// Counts are what the score of a caption, or of a corpus, is computed from. The test is the caption
// that is scored.
type Counts struct {
	TestLength, ReferenceLength       float64 // words
	TestFunction, ReferenceFunction   float64 // of them function words
	TestContent, ReferenceContent     [modules]float64
	TestFunctions, ReferenceFunctions [modules]float64
	Chunks                            float64
}

// Add adds the counts of another caption. A caption that equals its reference adds no chunk.
func (c *Counts) Add(other Counts) {
	c.TestLength += other.TestLength
	c.ReferenceLength += other.ReferenceLength
	c.TestFunction += other.TestFunction
	c.ReferenceFunction += other.ReferenceFunction
	for m := range modules {
		c.TestContent[m] += other.TestContent[m]
		c.ReferenceContent[m] += other.ReferenceContent[m]
		c.TestFunctions[m] += other.TestFunctions[m]
		c.ReferenceFunctions[m] += other.ReferenceFunctions[m]
	}
	if !other.whole() {
		c.Chunks += other.Chunks
	}
}

// whole reports whether all words match, in one chunk.
func (c *Counts) whole() bool {
	test, reference := c.matches()
	return test == c.TestLength && reference == c.ReferenceLength && c.Chunks == 1
}

// matches returns the numbers of words that match.
func (c *Counts) matches() (test, reference float64) {
	for m := range modules {
		test += c.TestContent[m] + c.TestFunctions[m]
		reference += c.ReferenceContent[m] + c.ReferenceFunctions[m]
	}
	return test, reference
}

// Score returns the score, from 0 to 1. Sums are in the order of METEOR's own, so that the results
// are equal to the last digit.
func (c *Counts) Score() float64 {
	testLength := delta*(c.TestLength-c.TestFunction) + (1-delta)*c.TestFunction
	referenceLength := delta*(c.ReferenceLength-c.ReferenceFunction) + (1-delta)*c.ReferenceFunction
	var test, reference float64
	for m := range modules {
		test += c.TestContent[m] * weights[m] * delta
		reference += c.ReferenceContent[m] * weights[m] * delta
	}
	for m := range modules {
		test += c.TestFunctions[m] * weights[m] * (1 - delta)
		reference += c.ReferenceFunctions[m] * weights[m] * (1 - delta)
	}
	precision, recall := test/testLength, reference/referenceLength
	mean := 1 / ((1-alpha)/precision + alpha/recall)
	fragments := 0.0
	if !c.whole() {
		testMatches, referenceMatches := c.matches()
		fragments = c.Chunks / ((testMatches + referenceMatches) / 2)
	}
	score := mean * (1 - gamma*math.Pow(fragments, beta))
	if math.IsNaN(score) {
		return 0
	}
	return max(score, 0)
}
