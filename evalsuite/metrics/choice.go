package metrics

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The functions of this file read the letter of a choice out of a response. choices are the texts
// of the choices, in order.

// ExactChoice reads a response that is the text of a choice, letter for letter (A-OKVQA,
// eval_predictions.py; big_vision's AI2D).
func ExactChoice(response string, choices []string) Extraction {
	for n, choice := range choices {
		if choice == response {
			return parsed(ChoiceLetter(n))
		}
	}
	return unparsed(noChoice)
}

// MMMUChoice reads the last choice that the response names, by the rule of MMMU's owners
// (mmmu/utils/eval_utils.py): (A), else A between spaces, else, in a response of more than five
// words, the text of the choice. The owners draw at random if there is none.
func MMMUChoice(response string, choices []string) Extraction {
	return mmmuChoice(response, choices, func(response string) []found {
		return lettersIn(response, choices, func(letter string) (string, string) { return " " + letter + " ", " " + letter + " " })
	})
}

// LMMsEvalMMMUChoice is [MMMUChoice] as lmms-eval has it (tasks/_task_utils/mmmu_mcq_utils.py): the
// letter may end a word and may be followed by a period.
func LMMsEvalMMMUChoice(response string, choices []string) Extraction {
	return mmmuChoice(response, choices, func(response string) []found {
		candidates := lettersIn(response, choices, func(letter string) (string, string) { return letter + " ", " " + letter + " " })
		if len(candidates) == 0 {
			candidates = lettersIn(response, choices, func(letter string) (string, string) { return letter + ".", " " + letter + " " })
		}
		return candidates
	})
}

// found is a choice that a response names, and where it does so last.
type found struct{ choice, at int }

// lettersIn finds the choices whose mark is in the response, and where their place is last.
func lettersIn(response string, choices []string, of func(letter string) (mark, place string)) (candidates []found) {
	for n := range choices {
		if mark, place := of(ChoiceLetter(n)); strings.Contains(response, mark) {
			candidates = append(candidates, found{n, strings.LastIndex(response, place)})
		}
	}
	return candidates
}

func mmmuChoice(response string, choices []string, bare func(response string) []found) Extraction {
	response = " " + stripEach(response, ",.!?;:'") + " "
	candidates := lettersIn(response, choices, func(letter string) (string, string) { return "(" + letter + ")", "(" + letter + ")" })
	if len(candidates) == 0 {
		candidates = bare(response)
	}
	if len(candidates) == 0 && len(pythonFields(response)) > 5 {
		lower := pythonLower(response)
		for n, choice := range choices {
			if at := strings.LastIndex(lower, pythonLower(choice)); at >= 0 {
				candidates = append(candidates, found{n, at})
			}
		}
	}
	if len(candidates) == 0 {
		return unparsed(noChoice)
	}
	last := candidates[0]
	for _, c := range candidates[1:] {
		if c.at > last.at {
			last = c
		}
	}
	return parsed(ChoiceLetter(last.choice))
}

// answerIs finds the letter after "the answer is", as Python's expression of VLMEvalKit does.
var answerIs = regexp.MustCompile(`(?i)answer` + pythonSpaces + `[iİı]s` + pythonSpaces + `\**([ABCD])\**`)

const pythonSpaces = `[\t-\r\x1c-\x20\x85\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]+`

var vlmEvalKitMarks = strings.NewReplacer(".", " ", "(", " ", ")", " ", "[", " ", "]", " ", ",", " ", ":", " ", ";", " ", "!", " ", "*", " ", "#", " ", "{", " ", "}", " ")

// VLMEvalKitChoice reads a choice as VLMEvalKit does without a judge (vlmeval/utils/
// matching_util.py, can_infer): the only letter among the words, if it is one of the last five;
// else the letter after "answer is"; else the only choice whose text is in the response, if the
// response is not longer than twice all choices. Its list of refusals and the letter Z count as a
// refusal.
func VLMEvalKitChoice(response string, choices []string) Extraction {
	if letter, ok := vlmEvalKitOption(response, choices); ok {
		if letter == "Z" && len(choices) < 26 {
			return unparsed(refused)
		}
		return parsed(letter)
	}
	lower := pythonLower(response)
	length := 0
	for _, choice := range choices {
		length += utf8.RuneCountInString(choice)
	}
	if utf8.RuneCountInString(lower) > 2*length {
		return unparsed(noChoice)
	}
	letters := ""
	for n, choice := range choices {
		if strings.Contains(lower, pythonLower(choice)) {
			letters += ChoiceLetter(n)
		}
	}
	switch utf8.RuneCountInString(letters) {
	case 0:
		return unparsed(noChoice)
	case 1:
		return parsed(letters)
	}
	return unparsed(manyChoices)
}

func vlmEvalKitOption(response string, choices []string) (letter string, ok bool) {
	if strings.Contains(response, "Failed to obtain answer via API") {
		return "", false
	}
	for _, refusal := range []string{
		"Sorry, I can't help with images of people yet.", "I can't process this file.",
		"I'm sorry, but without the image provided", "Cannot determine the answer",
	} {
		if strings.Contains(response, refusal) {
			return "Z", true
		}
	}
	words := pythonFields(vlmEvalKitMarks.Replace(response))
	first := map[string]int{}
	for at := len(words) - 1; at >= 0; at-- {
		first[words[at]] = at
	}
	named, only, at := 0, "", 0
	for n := range choices {
		if where, ok := first[ChoiceLetter(n)]; ok {
			named, only, at = named+1, ChoiceLetter(n), where
		}
	}
	_, z := first["Z"]
	switch {
	case named == 1 && at > len(words)-5:
		return only, true
	case named == 0 && z:
		return "Z", true
	}
	if match := answerIs.FindStringSubmatch(response); match != nil {
		if letter := strings.ToUpper(match[1]); letterIn(rune(letter[0]), choices) {
			return letter, true
		}
	}
	return "", false
}

var theAnswerIs = regexp.MustCompile(`The answer is ([A-Z])[^\n]`)

// maxScienceQA is the number of choices that ScienceQA's code knows: A to E.
const maxScienceQA = 5

// ScienceQAChoice reads "The answer is A.", if the response says so once (lupantech/ScienceQA,
// run_gpt3.py). The owners draw at random if it does not.
func ScienceQAChoice(response string, choices []string) Extraction {
	matches := theAnswerIs.FindAllStringSubmatch(response, 2)
	switch {
	case len(matches) == 0:
		return unparsed(noChoice)
	case len(matches) > 1:
		return unparsed(manyChoices)
	}
	return scienceQALetter(matches[0][1], choices)
}

// LLaVAChoice reads a letter alone, a letter with ". " behind it, or what [ScienceQAChoice] reads
// (haotian-liu/LLaVA, eval_science_qa.py).
func LLaVAChoice(response string, choices []string) Extraction {
	if strings.ContainsRune("ABCDE", firstRune(response)) {
		if rest := response[1:]; rest == "" || strings.HasPrefix(rest, ". ") {
			return scienceQALetter(response[:1], choices)
		}
	}
	return ScienceQAChoice(response, choices)
}

func scienceQALetter(letter string, choices []string) Extraction {
	if !letterIn(rune(letter[0]), choices[:min(len(choices), maxScienceQA)]) {
		return unparsed(badChoice)
	}
	return parsed(letter)
}

// LMMsEvalScienceQAChoice reads a letter in either case, or a capital letter with a period behind
// it (lmms-eval, tasks/scienceqa/utils.py).
func LMMsEvalScienceQAChoice(response string, choices []string) Extraction {
	response = pythonStrip(response)
	letter := pythonLower(response)
	if first := firstRune(response); unicode.IsUpper(first) && strings.HasPrefix(response[utf8.RuneLen(first):], ".") {
		letter = pythonLower(string(first))
	}
	return lowerLetter(letter, choices)
}

// lowerLetter reads a text that is a letter in lower case and nothing else.
func lowerLetter(letter string, choices []string) Extraction {
	switch {
	case len(letter) != 1 || letter[0] < 'a' || letter[0] > 'z':
		return unparsed(noChoice)
	case !letterIn(rune(letter[0])-'a'+'A', choices):
		return unparsed(badChoice)
	}
	return parsed(strings.ToUpper(letter))
}

// BigVisionScienceQAChoice reads a response that begins with "the answer is a.", in any case
// (big_vision, evaluators/proj/paligemma/transfers/science_qa.py).
func BigVisionScienceQAChoice(response string, choices []string) Extraction {
	rest, ok := strings.CutPrefix(pythonLower(response), "the answer is ")
	if !ok || len(rest) < 2 || rest[1] != '.' {
		return unparsed(noChoice)
	}
	return lowerLetter(rest[:1], choices)
}

// MMStarChoice reads the letter at the beginning of the response, alone or after "(", "option " or
// "the answer is ", in either case (MMStar-Benchmark/MMStar, eval/vlmeval/evaluate/mmstar.py). A
// response that begins with the word a is therefore an A.
func MMStarChoice(response string, choices []string) Extraction {
	text := strings.ReplaceAll(pythonStrip(pythonLower(response)), "\n", " ")
	if found := lowerLetter(prefixRune(text), choices); found.Parsed {
		return found
	}
	for _, before := range []string{"(", "option ", "the answer is "} {
		if rest, ok := strings.CutPrefix(text, before); ok {
			return lowerLetter(prefixRune(rest), choices)
		}
	}
	return unparsed(noChoice)
}

func firstRune(s string) rune {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return -1
	}
	return r
}

func prefixRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

// LMMsEvalAI2DChoice reads a capital letter with a period behind it at the beginning, or a response
// that is a letter once punctuation is removed (lmms-eval, tasks/ai2d).
func LMMsEvalAI2DChoice(response string, choices []string) Extraction {
	text := strings.TrimLeftFunc(response, isPythonSpace)
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] == '.' {
		response = text[:1]
	}
	return lowerLetter(lmmsEvalText(response), choices)
}

// LetterChoice reads a response that is the capital letter of a choice and nothing else, as those
// of SEED-Bench's owners are, who rank the choices (AILab-CVC/SEED-Bench, eval.py).
func LetterChoice(response string, choices []string) Extraction {
	if len(response) != 1 || response[0] < 'A' || response[0] > 'Z' {
		return unparsed(noChoice)
	}
	return lowerLetter(pythonLower(response), choices)
}

// LMMsEvalSEEDChoice reads the first character of a response, in either case (lmms-eval,
// tasks/seedbench/utils.py). A response that begins with the word a is therefore an A.
func LMMsEvalSEEDChoice(response string, choices []string) Extraction {
	return lowerLetter(pythonLower(prefixRune(pythonStrip(response))), choices)
}
