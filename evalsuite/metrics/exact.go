package metrics

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ExactMatch reports whether the prediction equals one of the truths once both are normalised by
// [NormalizeExact].
func ExactMatch(prediction string, truths ...string) bool {
	prediction = NormalizeExact(prediction)
	for _, truth := range truths {
		if NormalizeExact(truth) == prediction {
			return true
		}
	}
	return false
}

// NormalizeExact brings a text into Unicode's form NFC, with one space for every run of white space
// and none at its ends. Case and punctuation stay.
func NormalizeExact(text string) string {
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}
