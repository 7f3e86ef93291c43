package meteor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"unicode/utf16"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/klauspost/compress/gzip"
)

// corpus holds what is known of the words of all captions. Words are numbers.
type corpus struct {
	tables *tables // may be nil
	number map[string]int32
	texts  []string

	// By word. METEOR compares words and stems by their hash codes in Java, and so takes the few
	// words with equal ones for equal.
	hash, stem []int32
	function   []bool
	synonyms   []map[int32]bool

	phrases node // the paraphrases of words of the corpus
}

// node is a state after some words of a phrase.
type node struct {
	next        map[int32]*node
	paraphrases [][]int32 // of the phrase that ends here
}

func newCorpus(t *tables) *corpus { return &corpus{tables: t, number: map[string]int32{}} }

// words returns the words of a caption, normalized.
func (c *corpus) words(caption string) []int32 {
	var prefixes map[string]bool
	if c.tables != nil {
		prefixes = c.tables.prefixes
	}
	words := normalize(caption, prefixes)
	numbers := make([]int32, len(words))
	for i, word := range words {
		number, known := c.number[word]
		if !known {
			number = int32(len(c.texts))
			c.number[word] = number
			c.texts = append(c.texts, word)
		}
		numbers[i] = number
	}
	return numbers
}

// describe looks up all words.
func (c *corpus) describe(ctx context.Context) error {
	n := len(c.texts)
	c.hash, c.stem, c.function, c.synonyms = make([]int32, n), make([]int32, n), make([]bool, n), make([]map[int32]bool, n)
	for i, word := range c.texts {
		c.hash[i], c.stem[i] = hashOf(word), hashOf(stemOf(word))
		if c.tables != nil {
			c.function[i] = c.tables.functionWords[word]
			c.synonyms[i] = c.tables.synonyms(word)
		}
	}
	if c.tables == nil {
		return nil
	}
	if err := c.readParaphrases(ctx); err != nil {
		return fmt.Errorf("tables of METEOR: %s: %w", c.tables.paraphrases, err)
	}
	return nil
}

// readParaphrases keeps the paraphrases whose words are all in the corpus. The file has three lines
// for each: a probability, which METEOR does not use, a phrase, and a paraphrase of it.
func (c *corpus) readParaphrases(ctx context.Context) error {
	file, err := os.Open(c.tables.paraphrases)
	if err != nil {
		return err
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(bufio.NewReaderSize(unpacked, 1<<20))
	lines.Buffer(make([]byte, 1<<16), 1<<20)
	var phrase, other []int32
	for n := 0; lines.Scan(); n++ {
		if n%100_000 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !lines.Scan() {
			return errors.New("the last paraphrase is cut off")
		}
		var ok bool
		phrase, ok = c.known(phrase[:0], lines.Bytes())
		if !lines.Scan() {
			return errors.New("the last paraphrase is cut off")
		}
		if !ok {
			continue
		}
		if other, ok = c.known(other[:0], lines.Bytes()); ok {
			c.phrases.add(phrase, append([]int32(nil), other...))
		}
	}
	return lines.Err()
}

// known appends the numbers of the words, if all are in the corpus.
func (c *corpus) known(to []int32, line []byte) ([]int32, bool) {
	for at := 0; at < len(line); {
		for at < len(line) && isDelimiter(rune(line[at])) {
			at++
		}
		begin := at
		for at < len(line) && !isDelimiter(rune(line[at])) {
			at++
		}
		if begin == at {
			break
		}
		number, ok := c.number[string(line[begin:at])]
		if !ok {
			return to, false
		}
		to = append(to, number)
	}
	return to, true
}

// add adds a paraphrase of a phrase.
func (n *node) add(phrase, other []int32) {
	for _, word := range phrase {
		if n.next == nil {
			n.next = map[int32]*node{}
		}
		following := n.next[word]
		if following == nil {
			following = &node{}
			n.next[word] = following
		}
		n = following
	}
	n.paraphrases = append(n.paraphrases, other)
}

// stemOf returns the stem by the Snowball stemmer for English.
func stemOf(word string) string {
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current()
}

// hashOf returns the hash code of a string in Java.
func hashOf(word string) (hash int32) {
	for _, unit := range utf16.Encode([]rune(word)) {
		hash = 31*hash + int32(unit)
	}
	return hash
}

// utf16Length returns the length of a string in Java.
func utf16Length(word string) int { return len(utf16.Encode([]rune(word))) }
