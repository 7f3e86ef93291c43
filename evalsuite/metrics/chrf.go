package metrics

import (
	"strings"
	"unicode/utf8"
)

// chrF's longest n-grams of characters, and of words in chrF++.
const (
	chrfCharacters = 6
	chrfWords      = 2
)

// CHRFCounts are the n-gram counts from which chrF and chrF++ are computed. The counts of a corpus
// are the sums over its texts.
type CHRFCounts struct {
	// Candidate and Reference are n-grams of each, Matches those in both: of 1 to 6 characters, and
	// of 1 and 2 words after them in chrF++.
	Candidate, Reference, Matches [chrfCharacters + chrfWords]int
	plus                          bool
}

// CountCHRF counts a candidate's n-grams of characters against the reference where its chrF is
// highest, as sacreBLEU does (metrics/chrf.py; Popović, chrF, WMT 2015). White space does not
// count; case does.
func CountCHRF(candidate string, references []string) CHRFCounts {
	return countCHRF(candidate, references, false)
}

// CountCHRFPlus counts n-grams of words as well, for chrF++ (Popović, chrF++, WMT 2017).
func CountCHRFPlus(candidate string, references []string) CHRFCounts {
	return countCHRF(candidate, references, true)
}

func countCHRF(candidate string, references []string, plus bool) CHRFCounts {
	grams := chrfGrams(candidate, plus)
	best, bestScore := CHRFCounts{plus: plus}, -1.0
	for _, reference := range references {
		c := CHRFCounts{plus: plus}
		for n, of := range chrfGrams(reference, plus) {
			for _, count := range of {
				c.Reference[n] += count
			}
			if len(of) == 0 {
				continue
			}
			for gram, count := range grams[n] {
				c.Candidate[n] += count
				c.Matches[n] += min(count, of[gram])
			}
		}
		if score := c.Score(); score > bestScore {
			best, bestScore = c, score
		}
	}
	return best
}

// Add adds the counts of another text.
func (c *CHRFCounts) Add(other CHRFCounts) {
	c.plus = c.plus || other.plus
	for n := range c.Candidate {
		c.Candidate[n] += other.Candidate[n]
		c.Reference[n] += other.Reference[n]
		c.Matches[n] += other.Matches[n]
	}
}

// Score is chrF2 from 0 to 1 (sacreBLEU prints it times 100): the F-score, recall counting twice as
// much as precision, of the mean precision and the mean recall over the lengths that candidate and
// reference both have.
func (c CHRFCounts) Score() float64 {
	const factor = 2 * 2
	precision, recall, lengths := 0.0, 0.0, 0
	for n := range c.Candidate {
		if c.Candidate[n] > 0 && c.Reference[n] > 0 {
			precision += float64(c.Matches[n]) / float64(c.Candidate[n])
			recall += float64(c.Matches[n]) / float64(c.Reference[n])
			lengths++
		}
	}
	if precision+recall == 0 {
		return 0
	}
	precision /= float64(lengths)
	recall /= float64(lengths)
	return (1 + factor) * precision * recall / (factor*precision + recall)
}

func chrfGrams(text string, plus bool) [chrfCharacters + chrfWords]map[string]int {
	var grams [chrfCharacters + chrfWords]map[string]int
	joined := strings.Join(pythonFields(text), "")
	var starts []int
	for at := range joined {
		starts = append(starts, at)
	}
	starts = append(starts, len(joined))
	for n := range chrfCharacters {
		grams[n] = map[string]int{}
		for at := 0; at+n+1 < len(starts); at++ {
			grams[n][joined[starts[at]:starts[at+n+1]]]++
		}
	}
	if !plus {
		return grams
	}
	words := chrfTokens(text)
	for n := range chrfWords {
		of := map[string]int{}
		for at := 0; at+n < len(words); at++ {
			of[strings.Join(words[at:at+n+1], " ")]++
		}
		grams[chrfCharacters+n] = of
	}
	return grams
}

// chrfTokens splits at white space, and a mark from the end of a word or else from its beginning.
func chrfTokens(text string) []string {
	var tokens []string
	for _, word := range pythonFields(text) {
		first, size := utf8.DecodeRuneInString(word)
		last, lastSize := utf8.DecodeLastRuneInString(word)
		switch {
		case size == len(word):
			tokens = append(tokens, word)
		case isASCIIPunctuation(last):
			tokens = append(tokens, word[:len(word)-lastSize], word[len(word)-lastSize:])
		case isASCIIPunctuation(first):
			tokens = append(tokens, word[:size], word[size:])
		default:
			tokens = append(tokens, word)
		}
	}
	return tokens
}
