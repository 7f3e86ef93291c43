package metrics

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// ExactMatch reports whether the prediction equals one of the references after [NormalizeExact].
func ExactMatch(prediction string, truths ...string) bool {
	prediction = NormalizeExact(prediction)
	for _, truth := range truths {
		if NormalizeExact(truth) == prediction {
			return true
		}
	}
	return false
}

// NormalizeExact normalises a text to Unicode NFC and white space to single spaces, with none at
// the ends. It keeps case and punctuation.
func NormalizeExact(text string) string {
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}
