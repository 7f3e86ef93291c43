package train

import (
	"fmt"
	"math"
	"strings"
)

// trainWords returns the most frequent words, with the logarithms of their relative frequencies.
func trainWords(c *corpus, o *Options, special int) ([]piece, error) {
	words := c.words(true)
	sum := int64(0)
	for _, w := range words {
		sum += w.Count
	}
	var pieces []piece
	for _, w := range words {
		if strings.Contains(w.Text, unknownText) {
			continue
		}
		if !o.UseAllVocab && len(pieces) == o.VocabSize-special {
			break
		}
		pieces = append(pieces, piece{w.Text, logPart(w.Count, sum)})
	}
	return pieces, nil
}

// trainCharacters returns the alphabet, with the logarithms of the relative frequencies.
func trainCharacters(c *corpus, o *Options, special int) ([]piece, error) {
	sum := int64(0)
	for _, char := range c.chars {
		sum += char.count
	}
	var pieces []piece
	for _, char := range c.chars {
		if !o.UseAllVocab && len(pieces) == o.VocabSize-special {
			break
		}
		if char.count == 0 {
			return nil, fmt.Errorf("RequiredChars: %q does not occur in the text, so a character model has no score for it", char.char)
		}
		pieces = append(pieces, piece{string(char.char), logPart(char.count, sum)})
	}
	return pieces, nil
}

func logPart(count, sum int64) float32 {
	return float32(math.Log(float64(float32(count)))) - float32(math.Log(float64(float32(sum))))
}
