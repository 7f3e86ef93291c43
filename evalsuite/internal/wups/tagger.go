package wups

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/python"
)

// tagger gives words their parts of speech, as NLTK's averaged perceptron (nltk/tag/perceptron.py)
// does with the weights that NLTK ships: one word after the other, by the word, its neighbours and
// the two tags before it.
type tagger struct {
	classes []string // tags, sorted
	known   map[string]string
	weights map[string][]weight // by feature
}

type weight struct {
	class int
	value float64
}

// Files of the tagger.
const (
	taggerWeights = "averaged_perceptron_tagger_eng.weights.json"
	taggerKnown   = "averaged_perceptron_tagger_eng.tagdict.json"
	taggerClasses = "averaged_perceptron_tagger_eng.classes.json"
)

// readTagger reads the tagger's files.
func readTagger(d folder) (*tagger, error) {
	t := &tagger{weights: map[string][]weight{}}
	var weights map[string]map[string]float64
	if err := errors.Join(d.json(taggerClasses, &t.classes), d.json(taggerKnown, &t.known), d.json(taggerWeights, &weights)); err != nil {
		return nil, err
	}
	slices.Sort(t.classes)
	t.classes = slices.Compact(t.classes)
	if len(t.classes) == 0 {
		return nil, fmt.Errorf("%s has no tags", taggerClasses)
	}
	for feature, of := range weights {
		for class, value := range of {
			at, ok := slices.BinarySearch(t.classes, class)
			if !ok {
				return nil, fmt.Errorf("%s: feature %q: tag %q is not in %s", taggerWeights, feature, class, taggerClasses)
			}
			t.weights[feature] = append(t.weights[feature], weight{at, value})
		}
	}
	return t, nil
}

// tag returns the tags of the words of a sentence. No word is empty.
func (t *tagger) tag(words []string) []string {
	context := make([]string, 0, len(words)+4)
	context = append(context, "-START-", "-START2-")
	for _, word := range words {
		context = append(context, shape(word))
	}
	context = append(context, "-END-", "-END2-")
	tags := make([]string, len(words))
	before, before2 := "-START-", "-START2-"
	for i, word := range words {
		tag := t.known[word]
		if tag == "" {
			tag = t.likeliest(word, context[i:i+5], before, before2)
		}
		tags[i] = tag
		before, before2 = tag, before
	}
	return tags
}

// shape is the form of a word in features.
func shape(word string) string {
	first, _ := utf8.DecodeRuneInString(word)
	switch {
	case strings.Contains(word, "-") && first != '-':
		return "!HYPHEN"
	case utf8.RuneCountInString(word) == 4 && strings.IndexFunc(word, func(r rune) bool { return !python.IsDigit(r) }) < 0:
		return "!YEAR"
	case python.IsDigit(first):
		return "!DIGITS"
	}
	return python.Lower(word)
}

// likeliest returns the tag with the greatest sum of weights; of equal ones, the last by name.
// Near are the shapes of the word, the two before it and the two after it.
func (t *tagger) likeliest(word string, near []string, before, before2 string) string {
	_, first := utf8.DecodeRuneInString(word)
	sums := make([]float64, len(t.classes))
	for _, feature := range [...]string{
		"bias", "i suffix " + suffix(word), "i pref1 " + word[:first], "i-1 tag " + before, "i-2 tag " + before2, "i tag+i-2 tag " + before + " " + before2,
		"i word " + near[2], "i-1 tag+i word " + before + " " + near[2], "i-1 word " + near[1], "i-1 suffix " + suffix(near[1]), "i-2 word " + near[0],
		"i+1 word " + near[3], "i+1 suffix " + suffix(near[3]), "i+2 word " + near[4],
	} {
		for _, w := range t.weights[feature] {
			sums[w.class] += w.value
		}
	}
	best, sum := 0, math.Inf(-1)
	for class, s := range sums {
		if s >= sum {
			best, sum = class, s
		}
	}
	return t.classes[best]
}

// suffix is the last three code points of a word.
func suffix(word string) string {
	start := len(word)
	for range 3 {
		_, size := utf8.DecodeLastRuneInString(word[:start])
		start -= size
	}
	return word[start:]
}
