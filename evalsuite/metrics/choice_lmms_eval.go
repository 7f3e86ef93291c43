package metrics

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// LMMsEvalChoice reads the choice of which lmms-eval is most certain, where a response names
// several (tasks/_task_utils/mcq_extract.py; MMStar and RealWorldQA): at the beginning, at the end,
// after a phrase such as "the answer is", then (A), A., A:, A), A with a space behind it, and last
// a letter anywhere, be it in a word. Of two alike the last one counts.
func LMMsEvalChoice(response string, choices []string) Extraction {
	text := []rune(" " + stripEach(pythonStrip(response), `,.!?;:'"`) + " ")
	if strings.TrimFunc(response, isPythonSpace) == "" {
		return unparsed(noChoice)
	}
	var named []namedChoice
	add := func(n, at, certainty int) {
		if at >= 0 {
			named = append(named, namedChoice{n, at, certainty})
		}
	}
	for _, form := range []struct {
		before, after string
		certainty     int
	}{{"(", ")", 6}, {"", ".", 5}, {"", ":", 4}, {"", ")", 3}, {"", " ", 2}} {
		for n := range choices {
			add(n, lastIndex(text, []rune(form.before+ChoiceLetter(n)+form.after)), form.certainty)
		}
	}
	lower := []rune(pythonLower(string(text)))
	for _, phrase := range answerPhrases {
		at := index(lower, []rune(phrase), 0)
		if at < 0 {
			continue
		}
		for n := range choices {
			add(n, index(text, []rune(ChoiceLetter(n)), at+len([]rune(phrase))), 7)
		}
	}
	stripped := []rune(pythonStrip(string(text)))
	for n := range choices {
		if len(stripped) > 0 && stripped[0] == 'A'+rune(n) && (len(stripped) == 1 || !unicode.IsLetter(stripped[1])) {
			add(n, 0, 10)
		}
	}
	for n := range choices {
		if end := len(stripped) - 1; end >= 0 && stripped[end] == 'A'+rune(n) && (end == 0 || !unicode.IsLetter(stripped[end-1])) {
			add(n, len(text)-1, 9)
		}
	}
	if len(named) == 0 {
		for n := range choices {
			add(n, lastIndex(text, []rune(ChoiceLetter(n))), 0)
		}
	}
	if len(named) == 0 {
		return unparsed(noChoice)
	}
	best := slices.MaxFunc(named, func(a, b namedChoice) int {
		return cmp.Or(cmp.Compare(a.certainty, b.certainty), cmp.Compare(a.at, b.at))
	})
	return parsed(ChoiceLetter(best.choice))
}

// namedChoice is a choice that the response names at a place in a form of some certainty.
type namedChoice struct{ choice, at, certainty int }

// index is Python's text.find(part, from), in runes.
func index(text, part []rune, from int) int {
	for at := from; at+len(part) <= len(text); at++ {
		if slices.Equal(text[at:at+len(part)], part) {
			return at
		}
	}
	return -1
}

// lastIndex is Python's text.rfind(part), in runes.
func lastIndex(text, part []rune) int {
	for at := len(text) - len(part); at >= 0; at-- {
		if slices.Equal(text[at:at+len(part)], part) {
			return at
		}
	}
	return -1
}

// answerPhrases come before an answer, in lower case.
var answerPhrases = []string{
	"the answer is", "answer is", "the correct answer is", "correct answer is", "the best answer is", "best answer is",
	"the correct option is", "correct option is", "the best option is", "best option is",
	"the choice is", "choice is", "the correct choice is", "correct choice is",
	"i choose", "i select", "i pick", "my answer is", "my choice is",
	"옵션", "정답은", "답은", "답:", "答案是", "答案为", "选", "答えは",
}
