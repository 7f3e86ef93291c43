// Package wups scores short English answers by WUPS, the similarity of their words in WordNet
// (Malinowski and Fritz, NeurIPS 2014), as the owner of NExT-QA does: NExT-OE, eval_oe.py and
// metrics.py. An answer becomes its lemmas without stop words. Each word then counts with the word
// of the other answer that is most like it by Wu and Palmer's measure.
//
// The tables behind it are not part of pali3. [Open] reads them from a folder: WordNet 3.0, the
// tagger of NLTK (averaged_perceptron_tagger_eng) and its finder of sentences (punkt_tab). Nothing
// in the files is run.
package wups

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Rules are those of a version of NLTK. Other versions give other scores of the same answers.
type Rules int

// Rules of NLTK.
const (
	// NLTK33 is NLTK 3.3, which the owner's requirements.txt names and the published scores are by.
	NLTK33 Rules = iota
	// NLTK39 is NLTK 3.9. It finds a root above verbs, adjectives and adverbs in more cases, strips
	// one ending of a word where 3.3 strips several, and splits words at more marks.
	NLTK39
)

// String returns the name of the rules.
func (r Rules) String() string {
	return map[Rules]string{NLTK33: "NLTK 3.3", NLTK39: "NLTK 3.9"}[r]
}

// Scorer scores answers. It is safe for concurrent use.
type Scorer struct {
	words     *lexicon
	tagger    *tagger
	sentences *punkt

	rules  Rules
	lemmas cache[string]   // of an answer, without stop words
	alike  cache[float64]  // of two words, by both with a space between
	tokens cache[[]string] // of lemmas
}

// Open returns a scorer by the rules of NLTK 3.3 with the tables in a folder. It may be NLTK's own
// folder of data, with corpora/wordnet, taggers/averaged_perceptron_tagger_eng and
// tokenizers/punkt_tab/english, or hold the files of these folders itself or in WordNet's dict. The
// error names the file that is missing or wrong.
func Open(dir string) (*Scorer, error) {
	d := folder(dir)
	s := &Scorer{}
	var err error
	if s.words, err = readLexicon(d); err == nil {
		if s.tagger, err = readTagger(d); err == nil {
			s.sentences, err = readPunkt(d)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tables of WUPS: %w", err)
	}
	return s, nil
}

// By returns a scorer with the same tables by other rules.
func (s *Scorer) By(rules Rules) *Scorer {
	return &Scorer{words: s.words, tagger: s.tagger, sentences: s.sentences, rules: rules}
}

// Rules returns the rules of the scorer.
func (s *Scorer) Rules() Rules { return s.rules }

// Score is the WUPS, from 0 to 1, of an answer with the one of the right answers that it is most
// like. The similarity of two words counts a tenth where it is below the threshold: 0 is the
// owner's score, 0.9 the usual strict one.
func (s *Scorer) Score(answer string, right []string, threshold float64) float64 {
	best := 0.0
	answer = s.Lemmas(answer)
	for _, r := range right {
		best = max(best, s.pair(answer, s.Lemmas(r), threshold))
	}
	return best
}

// Equal reports whether the answer has the lemmas of a right answer. By this rule the owner scores
// questions that ask for a number or for yes or no.
func (s *Scorer) Equal(answer string, right []string) bool {
	answer = s.Lemmas(answer)
	return slices.ContainsFunc(right, func(r string) bool { return s.Lemmas(r) == answer })
}

// Lemmas returns the lemmas of a text without stop words, with spaces between.
func (s *Scorer) Lemmas(text string) string {
	return s.lemmas.of(text, func() string {
		lemmas := slices.DeleteFunc(s.lemmatize(text), func(word string) bool { return stopWords[word] })
		return strings.Join(lemmas, " ")
	})
}

// pair is the WUPS of two lists of lemmas: the lesser of both directions.
func (s *Scorer) pair(a, b string, threshold float64) float64 {
	words, others := s.split(a), s.split(b)
	return min(s.oneWay(words, others, threshold), s.oneWay(others, words, threshold))
}

func (s *Scorer) split(lemmas string) []string {
	return s.tokens.of(lemmas, func() []string { return s.wordTokens(lemmas, treebanks[s.rules]) })
}

// oneWay is the product of how much each word is like the word among the others that it is most
// like. Words that are like none do not count; it is 0 if there is no other.
func (s *Scorer) oneWay(words, others []string, threshold float64) float64 {
	product, found := 1.0, false
	for _, word := range words {
		best := 0.0
		for _, other := range others {
			alike := s.similarity(word, other)
			if alike < threshold {
				alike *= 0.1
			}
			best = max(best, alike)
		}
		if best > 0 {
			product *= best
			found = true
		}
	}
	if !found {
		return 0
	}
	return product
}

// similarity is Wu and Palmer's of the first senses of two words. It is not symmetric.
func (s *Scorer) similarity(a, b string) float64 {
	if a == b {
		return 1
	}
	return s.alike.of(a+" "+b, func() float64 {
		first, ok := s.firstSense(a)
		if !ok {
			return 0
		}
		second, ok := s.firstSense(b)
		if !ok {
			return 0
		}
		return s.words.wuPalmer(first, second, s.rules)
	})
}

// cache keeps values by text, at most maxCached.
type cache[T any] struct {
	mu   sync.Mutex
	kept map[string]T
}

const maxCached = 1 << 18

func (c *cache[T]) of(key string, compute func() T) T {
	c.mu.Lock()
	value, ok := c.kept[key]
	c.mu.Unlock()
	if ok {
		return value
	}
	value = compute()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= maxCached {
		c.kept = map[string]T{}
	}
	c.kept[key] = value
	return value
}
