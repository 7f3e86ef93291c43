package wups

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/python"
)

// endings are WordNet's rules of inflection (morphy(7WN)), as NLTK has them: an ending and what
// replaces it.
var endings = [noPos][][2]string{
	noun:      {{"s", ""}, {"ses", "s"}, {"ves", "f"}, {"xes", "x"}, {"zes", "z"}, {"ches", "ch"}, {"shes", "sh"}, {"men", "man"}, {"ies", "y"}},
	verb:      {{"s", ""}, {"ies", "y"}, {"es", "e"}, {"es", ""}, {"ed", "e"}, {"ed", ""}, {"ing", "e"}, {"ing", ""}},
	adjective: {{"er", ""}, {"est", ""}, {"er", "e"}, {"est", "e"}},
}

// bases returns the base forms of a word in WordNet, the word itself first (NLTK,
// WordNetCorpusReader._morphy).
func (l *lexicon) bases(word string, p pos, rules Rules) []string {
	irregular, ok := l.exceptions[p][word]
	if ok {
		return l.known(p, append([]string{word}, irregular...))
	}
	forms := strip([]string{word}, p)
	found := l.known(p, append([]string{word}, forms...))
	for rules == NLTK33 && len(found) == 0 && len(forms) > 0 {
		forms = strip(forms, p)
		found = l.known(p, forms)
	}
	return found
}

// strip replaces each ending that a form has.
func strip(forms []string, p pos) (stripped []string) {
	for _, form := range forms {
		for _, ending := range endings[p] {
			if stem, ok := strings.CutSuffix(form, ending[0]); ok {
				stripped = append(stripped, stem+ending[1])
			}
		}
	}
	return dedupe(stripped)
}

// dedupe returns each form once, in the order in which they first come.
func dedupe(forms []string) (unique []string) {
	for _, form := range forms {
		if !slices.Contains(unique, form) {
			unique = append(unique, form)
		}
	}
	return unique
}

// known returns the forms that are lemmas.
func (l *lexicon) known(p pos, forms []string) (lemmas []string) {
	for _, form := range dedupe(forms) {
		if _, ok := l.senses[p][form]; ok {
			lemmas = append(lemmas, form)
		}
	}
	return lemmas
}

// firstSense returns the first synset of a word: of nouns, else of verbs, adjectives or adverbs.
func (s *Scorer) firstSense(word string) (int32, bool) {
	word = python.Lower(word)
	for p := range noPos {
		for _, base := range s.words.bases(word, p, s.rules) {
			return s.words.senses[p][base][0], true
		}
	}
	return 0, false
}
