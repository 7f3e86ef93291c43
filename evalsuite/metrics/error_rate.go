package metrics

import "strings"

// ErrorCounts are the edits between predicted texts and their references, from which the error
// rates of OCR and speech recognition are computed. The counts of a corpus are the sums over its
// texts.
type ErrorCounts struct {
	Edits     int // insertions, deletions and substitutions
	Reference int // words or characters of the references
}

// CountWordErrors compares words, as jiwer does by default: case and punctuation count, words are
// separated by spaces.
func CountWordErrors(prediction, reference string) ErrorCounts {
	words := jiwerWords(reference)
	return ErrorCounts{editDistance(words, jiwerWords(prediction)), len(words)}
}

// CountCharacterErrors compares code points, white space at the ends removed, as jiwer does by
// default.
func CountCharacterErrors(prediction, reference string) ErrorCounts {
	text := []rune(pythonStrip(reference))
	return ErrorCounts{editDistance(text, []rune(pythonStrip(prediction))), len(text)}
}

// Add adds the counts of another text.
func (c *ErrorCounts) Add(other ErrorCounts) {
	c.Edits += other.Edits
	c.Reference += other.Reference
}

// Rate is the word error rate (WER) or the character error rate (CER): edits per word or character
// of the references. It can exceed 1. Without a reference it is the number of edits, as in jiwer.
func (c ErrorCounts) Rate() float64 { return float64(c.Edits) / float64(max(1, c.Reference)) }

// jiwerWords makes one space of several white spaces and splits at spaces; a tab alone stays.
func jiwerWords(text string) []string {
	var out strings.Builder
	for len(text) > 0 {
		rest := strings.TrimLeftFunc(text, isPythonSpace)
		switch spaces := text[:len(text)-len(rest)]; {
		case spaces == "":
			end := strings.IndexFunc(text, isPythonSpace)
			if end < 0 {
				end = len(text)
			}
			out.WriteString(text[:end])
			rest = text[end:]
		case len([]rune(spaces)) > 1:
			out.WriteByte(' ')
		default:
			out.WriteString(spaces)
		}
		text = rest
	}
	return strings.FieldsFunc(pythonStrip(out.String()), func(r rune) bool { return r == ' ' })
}
