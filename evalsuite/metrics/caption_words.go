package metrics

import "strings"

// captionN is the longest n-gram of CIDEr and BLEU.
const captionN = 4

// captionTokens are the tokens of captions, by their numbers in one or several lists of words.
type captionTokens []*tokenList

// tokenList holds captions.
type tokenList struct {
	numbers map[string]int32
	words   []string // by number
	tokens  []int32  // of all captions, one caption after the other
	ends    []int    // of each caption in tokens
}

func newTokenList() *tokenList { return &tokenList{numbers: map[string]int32{}} }

func (l *tokenList) token(text string) {
	number, ok := l.numbers[text]
	if !ok {
		number = int32(len(l.words))
		text = strings.Clone(text)
		l.numbers[text] = number
		l.words = append(l.words, text)
	}
	l.tokens = append(l.tokens, number)
}

func (l *tokenList) endCaption() { l.ends = append(l.ends, len(l.tokens)) }

// ptbCaptions tokenizes captions like [PTBTokenize].
func ptbCaptions(captions []string) captionTokens {
	if len(captions) == 0 {
		return nil
	}
	return ptbTokens(captions, newTokenList)
}

// spacedCaptions splits captions at single spaces, as pycocoevalcap's rouge.py does.
func spacedCaptions(captions []string) captionTokens {
	l := newTokenList()
	for _, caption := range captions {
		for token := range strings.SplitSeq(caption, " ") {
			l.token(token)
		}
		l.endCaption()
	}
	return captionTokens{l}
}

// captionWords are captions as numbers of words. The tokens, which ROUGE-L compares, are the words,
// unless a token holds white space, such as a phone number.
type captionWords struct {
	all     []int32
	ends    []int
	split   []int32 // like all, with the words of each token; nil if they are the same
	splitAt []int
}

func (c *captionWords) tokens(n int) []int32 {
	if of, _ := between(c.all, c.ends, n); len(of) > 0 {
		return of
	}
	return emptyCaption
}

// words returns the words of a caption, and the place of the first among those of all captions.
func (c *captionWords) words(n int) ([]int32, int) {
	if c.split != nil {
		return between(c.split, c.splitAt, n)
	}
	return between(c.all, c.ends, n)
}

// join writes the tokens of a caption.
func (c *captionWords) join(n int, words []string) string {
	of, _ := between(c.all, c.ends, n)
	texts := make([]string, len(of))
	for i, word := range of {
		texts[i] = words[word]
	}
	return strings.Join(texts, " ")
}

func between(all []int32, ends []int, n int) (of []int32, from int) {
	if n > 0 {
		from = ends[n-1]
	}
	return all[from:ends[n]], from
}

// emptyCaption is what ROUGE-L compares for a caption without tokens: one empty word.
var emptyCaption = []int32{emptyWord}

const emptyWord = 0

// vocabulary numbers words. An extended vocabulary adds words of its own to one that it does not
// change.
type vocabulary struct {
	base    *vocabulary // may be nil
	numbers map[string]int32
	spaced  map[int32][]int32 // the words of tokens that hold white space
}

func newVocabulary() *vocabulary {
	return &vocabulary{numbers: map[string]int32{"": emptyWord}, spaced: map[int32][]int32{}}
}

func (v *vocabulary) extended() *vocabulary {
	return &vocabulary{base: v, numbers: map[string]int32{}, spaced: map[int32][]int32{}}
}

func (v *vocabulary) of(word string) int32 {
	if v.base != nil {
		if number, ok := v.base.numbers[word]; ok {
			return number
		}
	}
	number, ok := v.numbers[word]
	if ok {
		return number
	}
	number = int32(len(v.numbers))
	if v.base != nil {
		number += int32(len(v.base.numbers))
	}
	v.numbers[word] = number
	if word == "" || strings.ContainsFunc(word, isPythonSpace) {
		words := []int32{}
		for _, part := range pythonFields(word) {
			words = append(words, v.of(part))
		}
		v.spaced[number] = words
	}
	return number
}

// wordsOf returns the words of a text, separated by white space.
func (v *vocabulary) wordsOf(text string) []int32 {
	fields := pythonFields(text)
	words := make([]int32, len(fields))
	for i, field := range fields {
		words[i] = v.of(field)
	}
	return words
}

// list returns the words by number.
func (v *vocabulary) list() []string {
	words := make([]string, len(v.numbers))
	for word, number := range v.numbers {
		words[number] = word
	}
	return words
}

// splits returns the words of a token, if they are others than the token.
func (v *vocabulary) splits(token int32) ([]int32, bool) {
	if token == emptyWord {
		return nil, true
	}
	if words, ok := v.spaced[token]; ok || v.base == nil {
		return words, ok
	}
	words, ok := v.base.spaced[token]
	return words, ok
}

// number renumbers the tokens of captions.
func (v *vocabulary) number(from captionTokens) captionWords {
	var c captionWords
	tokens, captions := 0, 0
	for _, l := range from {
		tokens, captions = tokens+len(l.tokens), captions+len(l.ends)
	}
	c.all, c.ends = make([]int32, 0, tokens), make([]int, 0, captions)
	spaced := false
	for _, l := range from {
		numbers := make([]int32, len(l.words))
		for n, word := range l.words {
			numbers[n] = v.of(word)
			_, splits := v.splits(numbers[n])
			spaced = spaced || splits
		}
		before := len(c.all)
		for _, token := range l.tokens {
			c.all = append(c.all, numbers[token])
		}
		for _, end := range l.ends {
			c.ends = append(c.ends, before+end)
		}
	}
	if spaced {
		v.split(&c)
	}
	return c
}

// split fills in the words of the captions' tokens.
func (v *vocabulary) split(c *captionWords) {
	c.split, c.splitAt = make([]int32, 0, len(c.all)), make([]int, len(c.ends))
	for n := range c.ends {
		tokens, _ := between(c.all, c.ends, n)
		for _, token := range tokens {
			if words, ok := v.splits(token); ok {
				c.split = append(c.split, words...)
			} else {
				c.split = append(c.split, token)
			}
		}
		c.splitAt[n] = len(c.split)
	}
}
