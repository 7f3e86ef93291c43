package wups

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/python"
)

// irregular are words with stems of their own in NLTK.
var irregular = map[string]string{
	"sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news", "innings": "inning", "inning": "inning",
	"outings": "outing", "outing": "outing", "cannings": "canning", "canning": "canning", "howe": "howe",
	"proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
}

// letters is a word or the beginning of one.
type letters []rune

// porter is Porter's stemmer (Program 14(3), 1980) with NLTK's changes (nltk/stem/porter.py,
// NLTK_EXTENSIONS).
func porter(word string) string {
	if stem, ok := irregular[word]; ok {
		return stem
	}
	if len([]rune(word)) <= 2 {
		return word
	}
	w := letters(python.Lower(word))
	for _, step := range []func(letters) letters{step1a, step1b, step1c, step2, step3, step4, step5} {
		w = step(w)
	}
	return string(w)
}

// consonant reports whether a letter is none of a, e, i, o and u, and no y after a consonant.
func (w letters) consonant(i int) bool {
	ys := 0
	for ; w[i] == 'y' && i > 0; i-- {
		ys++
	}
	first := w[i] == 'y' || !slices.Contains([]rune("aeiou"), w[i])
	return first == (ys%2 == 0)
}

// measure counts the vowels that are before a consonant, of runs of them.
func (w letters) measure() (m int) {
	for i := 1; i < len(w); i++ {
		if w.consonant(i) && !w.consonant(i-1) {
			m++
		}
	}
	return m
}

func (w letters) hasVowel() bool {
	for i := range w {
		if !w.consonant(i) {
			return true
		}
	}
	return false
}

// doubled reports whether the word ends in two equal consonants.
func (w letters) doubled() bool {
	n := len(w)
	return n >= 2 && w[n-1] == w[n-2] && w.consonant(n-1)
}

// short reports whether the word ends in consonant, vowel, consonant, the last one not w, x or y,
// or is a vowel and a consonant.
func (w letters) short() bool {
	n := len(w)
	return n >= 3 && w.consonant(n-3) && !w.consonant(n-2) && w.consonant(n-1) && !slices.Contains([]rune("wxy"), w[n-1]) ||
		n == 2 && !w.consonant(0) && w.consonant(1)
}

func (w letters) ends(suffix string) bool {
	s := []rune(suffix)
	return len(w) >= len(s) && slices.Equal(w[len(w)-len(s):], s)
}

// with replaces the last n letters.
func (w letters) with(n int, end string) letters {
	return append(slices.Clone(w[:len(w)-n]), []rune(end)...)
}

// ending is a rule: a suffix, and what replaces it.
type ending struct{ suffix, end string }

// replace applies the first rule whose suffix the word has, if what is left meets the condition.
func (w letters) replace(rules []ending, allowed func(stem letters, suffix string) bool) letters {
	for _, r := range rules {
		if w.ends(r.suffix) {
			if stem := w.with(len(r.suffix), ""); allowed(stem, r.suffix) {
				return w.with(len(r.suffix), r.end)
			}
			return w
		}
	}
	return w
}

func always(letters, string) bool          { return true }
func positive(stem letters, _ string) bool { return stem.measure() > 0 }

// step1a removes the endings of plurals.
func step1a(w letters) letters {
	if w.ends("ies") && len(w) == 4 {
		return w.with(3, "ie")
	}
	return w.replace([]ending{{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}}, always)
}

// step1b removes "ed" and "ing".
func step1b(w letters) letters {
	switch {
	case w.ends("ied") && len(w) == 4:
		return w.with(3, "ie")
	case w.ends("ied"):
		return w.with(3, "i")
	case w.ends("eed"):
		return w.replace([]ending{{"eed", "ee"}}, positive)
	}
	for _, suffix := range []string{"ed", "ing"} {
		if w.ends(suffix) {
			if stem := w.with(len(suffix), ""); stem.hasVowel() {
				return afterStep1b(stem)
			}
		}
	}
	return w
}

// afterStep1b gives back an e, or takes one of two equal consonants.
func afterStep1b(w letters) letters {
	last := w[len(w)-1]
	switch {
	case w.ends("at") || w.ends("bl") || w.ends("iz"):
		return w.with(0, "e")
	case w.doubled():
		if last == 'l' || last == 's' || last == 'z' {
			return w
		}
		return w.with(1, "")
	case w.measure() == 1 && w.short():
		return w.with(0, "e")
	}
	return w
}

// step1c writes i for y after a consonant that is not the first letter.
func step1c(w letters) letters {
	return w.replace([]ending{{"y", "i"}}, func(stem letters, _ string) bool { return len(stem) > 1 && stem.consonant(len(stem)-1) })
}

var step2Endings = []ending{
	{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"}, {"bli", "ble"}, {"alli", "al"}, {"entli", "ent"},
	{"eli", "e"}, {"ousli", "ous"}, {"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"}, {"fulness", "ful"},
	{"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"}, {"fulli", "ful"}, {"logi", "log"},
}

// step2 shortens double endings. That in "alli" is shortened first, and the rest again.
func step2(w letters) letters {
	if w.ends("alli") && w.with(4, "").measure() > 0 {
		return step2(w.with(4, "al"))
	}
	return w.replace(step2Endings, func(stem letters, suffix string) bool {
		if suffix == "logi" { // its l counts with the stem
			stem = w.with(3, "")
		}
		return stem.measure() > 0
	})
}

// step3 removes further endings.
func step3(w letters) letters {
	return w.replace([]ending{{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}}, positive)
}

var step4Endings = func() (all []ending) {
	for _, suffix := range strings.Fields("al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize") {
		all = append(all, ending{suffix, ""})
	}
	return all
}()

// step4 removes endings of long words.
func step4(w letters) letters {
	return w.replace(step4Endings, func(stem letters, suffix string) bool {
		return stem.measure() > 1 && (suffix != "ion" || stem.ends("s") || stem.ends("t"))
	})
}

// step5 removes an e at the end, and one l of two.
func step5(w letters) letters {
	if w.ends("e") {
		stem := w.with(1, "")
		if m := stem.measure(); m > 1 || m == 1 && !stem.short() {
			w = stem
		}
	}
	if w.ends("ll") && w.with(1, "").measure() > 1 {
		return w.with(1, "")
	}
	return w
}
