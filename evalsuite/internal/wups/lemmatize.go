package wups

import (
	"unicode/utf8"

	"github.com/pali3/pali3/internal/python"
)

// lemmatize returns the lemmas of the words of a text, as pywsd 1.2.4 does
// (utils.lemmatize_sentence), of which the owner's code makes use.
func (s *Scorer) lemmatize(text string) []string {
	words := s.wordTokens(text, pywsd)
	lemmas := make([]string, len(words))
	for n, tag := range s.tagger.tag(words) {
		lemmas[n] = s.lemma(python.Lower(words[n]), posOfTag(tag))
	}
	return lemmas
}

// posOfTag returns the part of speech of a tag of the Penn Treebank, or noPos.
func posOfTag(tag string) pos {
	if len(tag) < 2 {
		return noPos
	}
	switch tag[:2] {
	case "NN":
		return noun
	case "VB":
		return verb
	case "JJ":
		return adjective
	case "RB":
		return adverb
	}
	return noPos
}

// lemma returns the shortest base form of a word. If WordNet does not have it, it is the word's
// stem, and if WordNet does not have this either, the word.
func (s *Scorer) lemma(word string, p pos) string {
	if p == noPos {
		if p = posOfTag(s.tagger.tag([]string{word})[0]); p == noPos {
			p = noun
		}
	}
	lemma := word
	for n, base := range s.words.bases(word, p, s.rules) {
		if n == 0 || utf8.RuneCountInString(base) < utf8.RuneCountInString(lemma) {
			lemma = base
		}
	}
	if _, known := s.firstSense(lemma); known {
		return lemma
	}
	if stem := porter(word); stem != word {
		if _, known := s.firstSense(stem); known {
			return stem
		}
	}
	return word
}
