package quickstart

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// space is SentencePiece's U+2581, which begins a word.
const space = '▁'

// seedPieces returns the candidates for pieces, with how often they occur, if more than once: every part of a
// word that has no punctuation, so that a word is the same piece in a caption, in quotation marks and before a
// colon; parts that are all punctuation, as a narrow space with its colon in French; and the words of the prompts.
//
// Left alone, the trainer takes its candidates from repeats among different words: a word that occurs in one form
// only, however often, never becomes a piece.
func seedPieces(texts []string) (seeds []train.SeedPiece) {
	found := map[string]int64{}
	for word, count := range wordCounts(texts) {
		if inPrompts(word) || !strings.ContainsFunc(word, isWordPart) {
			found[string(space)+word] += count
		}
		for _, run := range runs([]rune(string(space) + word)) {
			for begin := range run {
				for end := begin + 2; end <= min(len(run), begin+longestPiece); end++ {
					found[string(run[begin:end])] += count
				}
			}
		}
	}
	for text, count := range found {
		if count > 1 {
			seeds = append(seeds, train.SeedPiece{Text: text, Count: count})
		}
	}
	slices.SortFunc(seeds, func(a, b train.SeedPiece) int { return cmp.Compare(a.Text, b.Text) })
	return seeds
}

func wordCounts(texts []string) map[string]int64 {
	words := map[string]int64{}
	for _, text := range texts {
		for word := range strings.FieldsSeq(text) {
			words[word]++
		}
	}
	return words
}

// promptWords are the fixed words of the prompts.
var promptWords = strings.Fields(fmt.Sprintf(captionPrompt+" "+answerPrompt+" "+questionPrompt, "", "", "", ""))

func inPrompts(word string) bool { return slices.Contains(promptWords, word) }

// runs cuts a word into parts with and without letters.
func runs(word []rune) (parts [][]rune) {
	for len(word) > 0 {
		in := isWordPart(word[0])
		end := 1
		for end < len(word) && (in && isWordPart(word[end]) || !in && !isLetter(word[end]) && word[end] != space) {
			end++
		}
		parts = append(parts, word[:end])
		word = word[end:]
	}
	return parts
}

func isLetter(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// isWordPart accepts letters, digits, the space before a word, and the marks and joiners of Latin, Devanagari and Thai.
func isWordPart(r rune) bool {
	return r == space || isLetter(r) || r >= 0x300 && r <= 0x36f || r >= 0x900 && r <= 0x97f || r >= 0xe00 && r <= 0xe7f || r == 0x200c || r == 0x200d
}
