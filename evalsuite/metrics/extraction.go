package metrics

import "strings"

// Extraction is what a rule reads out of a model's response: the letter of a choice, "yes" or "no",
// a number.
type Extraction struct {
	// Answer is empty unless Parsed.
	Answer string
	// Parsed is false if the rule finds no answer in the response. Such a response is wrong, and
	// counted apart from wrong answers. Where the owner's code would draw an answer at random, as
	// those of MMMU and ScienceQA do, nothing is parsed here.
	Parsed bool
	// Assumed says that the answer is the rule's default: POPE takes for yes what has no no.
	Assumed bool
	// Reason says why nothing was parsed.
	Reason string
}

func parsed(answer string) Extraction { return Extraction{Answer: answer, Parsed: true} }

func unparsed(reason string) Extraction { return Extraction{Reason: reason} }

// Reasons why nothing is parsed.
const (
	noChoice    = "names no choice"
	manyChoices = "names several choices"
	badChoice   = "names a choice that there is not"
	refused     = "refuses to answer"
	neither     = "says neither yes nor no"
	both        = "says yes and no"
	noNumber    = "names no number"
)

// ChoiceLetter returns the letter of choice n: A for 0.
func ChoiceLetter(n int) string { return string(rune('A' + n)) }

// LetterOf returns the letter of the choice that an answer names, by its text or by its letter, or
// "" if there is no such choice.
func LetterOf(answer string, choices []string) string {
	for n, choice := range choices {
		if choice == answer {
			return ChoiceLetter(n)
		}
	}
	for n := range choices {
		if ChoiceLetter(n) == answer {
			return answer
		}
	}
	return ""
}

// letterIn reports whether a letter names one of the choices.
func letterIn(letter rune, choices []string) bool {
	return letter >= 'A' && letter < 'A'+rune(len(choices))
}

// stripEach strips each of the marks in turn, as response.strip(mark) in a loop does.
func stripEach(response, marks string) string {
	for _, mark := range marks {
		response = strings.Trim(response, string(mark))
	}
	return response
}
