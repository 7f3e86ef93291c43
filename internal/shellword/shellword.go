// Package shellword quotes words of the command lines that messages suggest.
package shellword

import (
	"strings"
	"unicode"
)

// Quote returns a word as a POSIX shell reads it: in single quotes, unless all its characters are
// letters, digits or marks that no shell takes for something else.
func Quote(word string) string {
	if word == "" || strings.ContainsFunc(word, func(r rune) bool {
		return !strings.ContainsRune("-_./:=,@%+", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
