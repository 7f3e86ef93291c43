package metrics

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// refusal finds the ways in which language models decline to answer: those on VLMEvalKit's list
// (vlmeval/utils/matching_util.py, can_infer_option) and others at the beginning of a response.
var refusal = regexp.MustCompile(`(?i)sorry, i can't help with images of people yet|i can't process this file|i'm sorry, but without the image provided|cannot determine the answer` +
	`|^\W*(?:(?:i'm|i am) (?:very )?sorry, but\b|sorry, (?:but )?i (?:can|am|do)` +
	`|(?:unfortunately, )?(?:i'm|i am) (?:unable|not able) to\b|as an ai\b` +
	`|(?:unfortunately, )?i (?:cannot|can't|can not) (?:assist|help|answer|identify|provide|determine|see|view|process|tell|comply|fulfil|discuss))`)

// shortestRefusal is the length of the shortest text that refusal can match. Most answers are
// shorter.
const shortestRefusal = len("as an ai")

// Refused reports whether a response declines to answer, as in "I'm sorry, but I can't help with
// that." The rule is ours and in English. It serves to count refusals and changes no score.
func Refused(response string) bool {
	return len(response) >= shortestRefusal && mayRefuse(response) && refusal.MatchString(strings.ReplaceAll(response, "’", "'"))
}

// mayRefuse reports whether a response has a word without which refusal does not match. It is
// faster than the expression.
func mayRefuse(response string) bool {
	for i := range len(response) {
		if response[i] >= utf8.RuneSelf {
			return true // letters that the expression takes for those of ASCII
		}
	}
	lower := strings.ToLower(response)
	return slices.ContainsFunc(refusalWords, func(word string) bool { return strings.Contains(lower, word) })
}

// refusalWords are such that every match of refusal has one of them.
var refusalWords = []string{"sorry", "can", "able", "as an ai"}
