package train

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// charCount is a character and its count in the text.
type charCount struct {
	char  rune
	count int64
}

// charTable is the alphabet: the characters that become pieces, most frequent first.
type charTable []charCount

// keepChars chooses the alphabet and replaces all other characters of the text by U+2585.
func (c *corpus) keepChars(o *Options) error {
	counts, total := c.countChars()
	if total == 0 {
		return errors.New("no text to train on: it has no characters but NUL")
	}
	required := map[rune]bool{}
	for _, r := range o.RequiredChars {
		required[r] = r != 0
		counts[r] += 0
	}
	delete(counts, 0)
	all := slices.SortedFunc(maps.Keys(counts), func(a, b rune) int {
		if required[a] != required[b] {
			if required[a] {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	covered := int64(0)
	for _, r := range all {
		coverage := float32(float64(covered) / float64(total))
		if !o.UseAllVocab && coverage >= float32(o.CharacterCoverage) || o.MaxCharacters > 0 && len(c.chars) == o.MaxCharacters {
			break
		}
		covered += counts[r]
		switch r {
		case barrier: // is counted but becomes no piece
		case unknown:
			return fmt.Errorf("RequiredChars or a normalization rule contains %q, which the trainer uses for rare characters", unknown)
		default:
			c.chars = append(c.chars, charCount{r, counts[r]})
		}
	}
	slices.SortFunc(c.chars, func(a, b charCount) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.char, b.char))
	})
	c.replaceRare()
	return nil
}

// countChars counts the characters of the text, except NUL.
func (c *corpus) countChars() (counts map[rune]int64, total int64) {
	weights := slices.Clone(c.counts)
	for _, e := range c.sentences {
		weights[e.last] += e.count
	}
	table := new([unicode.MaxRune + 1]int64)
	for i, unit := range c.units {
		text, _ := cutUnit(unit)
		for _, r := range text {
			table[r] += weights[i]
		}
	}
	counts = map[rune]int64{}
	for r, n := range table[1:] {
		if n > 0 {
			counts[rune(r+1)] = n
			total += n
		}
	}
	return counts, total
}

// replaceRare replaces every character that is not in the alphabet by U+2585.
func (c *corpus) replaceRare() {
	var kept [unicode.MaxRune + 1]bool
	for _, char := range c.chars {
		kept[char.char] = true
	}
	rare := func(r rune) bool { return !kept[r] }
	replace := func(r rune) rune {
		if rare(r) {
			return unknown
		}
		return r
	}
	for i, unit := range c.units {
		text, next := cutUnit(unit)
		if strings.IndexFunc(text, rare) < 0 && (next == 0 || !rare(next)) {
			continue
		}
		text = strings.Map(replace, text)
		if next != 0 {
			next = replace(next)
		}
		c.units[i] = text + string(next)
	}
	for i, e := range c.sentences {
		c.sentences[i].first = replace(e.first)
	}
}

// words returns the distinct words with their counts, most frequent first as spm_train orders them;
// or the sentences if split is false.
func (c *corpus) words(split bool) []Sentence {
	if !split {
		sentences := make([]Sentence, len(c.sentences))
		for i, e := range c.sentences {
			text, _ := cutUnit(c.units[e.last])
			sentences[i] = Sentence{text, e.count}
		}
		return sentences
	}
	counts := make(map[string]int64, len(c.units))
	for i, unit := range c.units {
		text, _ := cutUnit(unit)
		counts[text] += c.counts[i]
	}
	for _, e := range c.sentences {
		text, _ := cutUnit(c.units[e.last])
		counts[text] += e.count
	}
	words := make([]Sentence, 0, len(counts))
	for text, count := range counts {
		words = append(words, Sentence{text, count})
	}
	slices.SortFunc(words, func(a, b Sentence) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Text, b.Text))
	})
	return words
}
