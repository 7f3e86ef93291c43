package predictors

import (
	"errors"
	"strings"
)

// splitWords splits a command line. Single quotes keep everything, double quotes everything but a
// backslash before a quote or a backslash; outside of quotes a backslash keeps white space, quotes
// and itself, and stays before anything else, as in paths of Windows.
func splitWords(line string) (words []string, err error) {
	var word strings.Builder
	inWord, quote := false, rune(0)
	runes := []rune(line)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		escapes := quote != '\'' && c == '\\' && i+1 < len(runes) &&
			(runes[i+1] == '"' || runes[i+1] == '\\' || quote == 0 && strings.ContainsRune(" \t\n'", runes[i+1]))
		switch {
		case escapes:
			i++
			inWord = true
			word.WriteRune(runes[i])
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote, inWord = c, true
		case quote == 0 && strings.ContainsRune(" \t\n\r", c):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			inWord = true
			word.WriteRune(c)
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
