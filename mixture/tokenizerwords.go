package mixture

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/random"
)

// wordCounts are the words of texts and prompts with how often each occurs, and the characters of
// all.
type wordCounts struct {
	words      map[string]int64
	characters map[rune]int64
}

func countWords(from textSource) (*wordCounts, error) {
	c := &wordCounts{words: map[string]int64{}, characters: map[rune]int64{}}
	add := func(text string, count int64) {
		for word := range strings.FieldsSeq(text) {
			if n, known := c.words[word]; known {
				c.words[word] = n + count
			} else {
				c.words[strings.Clone(word)] = count
			}
		}
	}
	for t, err := range from {
		if err != nil {
			return nil, err
		}
		add(t.text, t.count)
		add(t.prompt, t.count)
	}
	for word, count := range c.words {
		for _, r := range word {
			c.characters[r] += count
		}
	}
	return c, nil
}

// alphabet returns the most frequent characters, at most limit; 0 is no limit.
func (c *wordCounts) alphabet(limit int) map[rune]bool {
	kept := map[rune]bool{}
	for _, r := range byCount(c.characters) {
		if limit > 0 && len(kept) == limit {
			break
		}
		kept[r] = true
	}
	return kept
}

// space is SentencePiece's U+2581, which begins a word.
const space = '▁'

// promptWords are the fixed words of the prompts.
var promptWords = strings.Fields(strings.Join([]string{
	captionOf(" "), fill(unpunctuated(vqaPrompt), "question", ""), fill(unpunctuated(vqgPrompt), "lang", "", "answer", ""),
}, " "))

// run is a part of a word in which every substring is a candidate for a piece, and how often the
// word occurs.
type run struct {
	text  string
	count int64
}

// runs cuts the words into parts with and without letters, and at characters that are no pieces.
// Whole are the words that are candidates as they stand: those of the prompts and those of
// punctuation alone. Of more than limit characters in all, the rarest words are left out, and
// counted; of words that are equally rare, which ones is a matter of their hash.
func (c *wordCounts) runs(kept map[rune]bool, limit int) (all []run, whole map[string]int64, leftOut int) {
	words := slices.SortedFunc(maps.Keys(c.words), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.words[b], c.words[a]), cmp.Compare(random.Name(a), random.Name(b)), strings.Compare(a, b))
	})
	whole = map[string]int64{}
	for i, word := range words {
		if limit -= len(word); limit < 0 {
			return all, whole, len(words) - i
		}
		count := c.words[word]
		if slices.Contains(promptWords, word) || !strings.ContainsFunc(word, isWordPart) {
			whole[string(space)+word] += count
		}
		for _, part := range cutWord([]rune(string(space)+word), kept) {
			all = append(all, run{string(part), count})
		}
	}
	return all, whole, 0
}

// cutWord cuts a word into parts with and without letters, at least two characters long.
func cutWord(word []rune, kept map[rune]bool) (parts [][]rune) {
	for len(word) > 0 {
		in := isWordPart(word[0])
		end := 1
		for end < len(word) && (in && isWordPart(word[end]) || !in && !isLetter(word[end]) && word[end] != space) {
			end++
		}
		begin := 0
		for i := range end + 1 {
			if i == end || word[i] != space && !kept[word[i]] {
				if i-begin > 1 {
					parts = append(parts, word[begin:i])
				}
				begin = i + 1
			}
		}
		word = word[end:]
	}
	return parts
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// isWordPart accepts letters, digits, the space before a word, the marks of all scripts but vowel
// points, the joiners between their letters, and all of the blocks of Devanagari and Thai.
func isWordPart(r rune) bool {
	switch {
	case isVowelPoint(r):
		return false
	case r == space, isLetter(r), unicode.IsMark(r), r == 0x200c, r == 0x200d:
		return true
	}
	return r >= 0x900 && r <= 0x97f || r >= 0xe00 && r <= 0xe7f
}

// isVowelPoint reports whether r is a point of Hebrew or a vowel sign of Arabic. These are mostly
// left out in writing: a word is cut at them, so that its letters are the same pieces with and
// without them.
func isVowelPoint(r rune) bool { return r >= 0x591 && r <= 0x5c7 || r >= 0x64b && r <= 0x652 }
