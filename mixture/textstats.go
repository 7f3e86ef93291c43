package mixture

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// TextStats says how much text there is for a tokenizer: captions, questions and answers.
type TextStats struct {
	Texts      int   `json:"texts"`
	Bytes      int64 `json:"bytes"`
	Characters int64 `json:"characters"`
	Words      int64 `json:"words"` // between white space
	// DistinctWords counts different words up to 65,536, of which no vocabulary here needs to know
	// more.
	DistinctWords int `json:"distinct_words"`
	// Alphabet is the number of different characters, CommonAlphabet of those that make up 99.95%
	// of the text.
	Alphabet       int `json:"alphabet"`
	CommonAlphabet int `json:"common_alphabet"`
	// Languages has the number of texts of each; those of no known language are under "".
	Languages map[string]int `json:"languages"`
}

// MeasureTexts counts the texts of a split of a dataset; "" is train, "all" is every sample.
func MeasureTexts(ctx context.Context, d *shards.Dataset, split string) (TextStats, error) {
	samples, err := textColumns(d)
	if err != nil {
		return TextStats{}, err
	}
	stats, err := textsOfSamples(ctx, samples, splitNamed(split)).measure()
	if err != nil {
		return stats, fmt.Errorf("reading the texts of %s: %w", d.Dir(), err)
	}
	return stats, nil
}

// textColumns yields the samples of a dataset without their images.
func textColumns(d *shards.Dataset) (iter.Seq2[shards.Sample, error], error) {
	view, err := d.Select("key", "split", "texts", "questions")
	if err != nil {
		return nil, err
	}
	return view.Samples(), nil
}

// splitNamed returns the split that an option names, "" for all.
func splitNamed(split string) string { return (&Task{Split: split}).split() }

const (
	maxDistinctWords = 1 << 16
	commonPart       = 0.9995
)

func (from textSource) measure() (TextStats, error) {
	s := TextStats{Languages: map[string]int{}}
	characters, words := map[rune]int64{}, map[uint64]bool{}
	for t, err := range from {
		if err != nil {
			return s, err
		}
		if t.text == "" {
			continue
		}
		if t.prompt != "" { // not a further part of a long text
			s.Texts++
			s.Languages[t.language]++
		}
		s.Bytes += int64(len(t.text))
		s.Characters += int64(utf8.RuneCountInString(t.text))
		for _, r := range t.text {
			characters[r]++
		}
		for word := range strings.FieldsSeq(t.text) {
			s.Words++
			if len(words) < maxDistinctWords {
				words[random.Name(word)] = true
			}
		}
	}
	s.DistinctWords, s.Alphabet = len(words), len(characters)
	left := int64(commonPart * float64(s.Characters))
	for _, r := range byCount(characters) {
		if left <= 0 {
			break
		}
		left -= characters[r]
		s.CommonAlphabet++
	}
	return s, nil
}

// byCount returns characters, the most frequent first.
func byCount(characters map[rune]int64) []rune {
	return slices.SortedFunc(maps.Keys(characters), func(a, b rune) int {
		return cmp.Or(cmp.Compare(characters[b], characters[a]), cmp.Compare(a, b))
	})
}

// Sizes of the vocabularies that SuggestVocabulary names, in pieces.
const (
	smallestVocabulary = 512
	largestVocabulary  = 32_000 // T5's
)

// SuggestVocabulary returns the number of pieces of a tokenizer for texts: the special pieces and
// those of bytes, one for each character that is not rare, and for parts of words as many as 3.5
// times the square root of the number of characters, or one for every second different word where
// that is fewer. It is 512 or a multiple of 1,024 up to 32,000.
//
// The number of different words of a text grows with about the square root of its length (Heaps'
// law), and so does that of the words that come often enough to be learnt. docs/tokenizer.md has
// what this gives for several datasets.
func SuggestVocabulary(s TextStats) int {
	parts := min(3.5*math.Sqrt(float64(s.Characters)), float64(s.DistinctWords)/2)
	size := specialPieces + s.CommonAlphabet + int(parts)
	switch {
	case size <= smallestVocabulary:
		return smallestVocabulary
	case size > largestVocabulary-1024:
		return largestVocabulary
	}
	return (size + 1023) / 1024 * 1024
}

// specialPieces are padding, end of sentence, the unknown piece and those of the 256 bytes.
const specialPieces = 3 + 256
