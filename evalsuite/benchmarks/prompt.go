package benchmarks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// placeholder is a word in braces in a prompt. Other braces stay as they are.
var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// placeholders are the words in braces that prompts may have.
var placeholders = []string{"{question}", "{language}", "{choices}", "{context}"}

// CheckPrompt returns an error if a prompt has an unknown placeholder.
func CheckPrompt(prompt string) error {
	for _, word := range placeholder.FindAllString(prompt, -1) {
		if !slices.Contains(placeholders, word) {
			return fmt.Errorf("prompt %q: unknown placeholder %s; choose from %s", prompt, word, strings.Join(placeholders, ", "))
		}
	}
	return nil
}

// FillPrompt returns what a model is asked for an item: the prompt with its question, its language
// (en if it has none), its choices, one a line with their letters, and its context: a line with the
// hint, or nothing.
func FillPrompt(prompt string, i *Item) string {
	return placeholder.ReplaceAllStringFunc(prompt, func(word string) string {
		switch word {
		case "{question}":
			return i.Question
		case "{language}":
			return cmp.Or(i.Language, "en")
		case "{choices}":
			return lettered(i.Choices)
		case "{context}":
			if hint := i.Field("hint"); hint != "" {
				return "Context: " + hint + "\n"
			}
			return ""
		}
		return word
	})
}

// lettered lists choices as chat models are given them.
func lettered(choices []string) string {
	lines := make([]string, len(choices))
	for n, choice := range choices {
		lines[n] = metrics.ChoiceLetter(n) + ". " + choice
	}
	return strings.Join(lines, "\n")
}

// Prompts of chat models, as LLaVA-1.5 and lmms-eval use them.
const (
	chatCaption = "Provide a one-sentence caption for the provided image."
	chatAnswer  = "{question}\nAnswer the question using a single word or phrase."
	chatLetter  = "{question}\nAnswer with the option's letter from the given choices directly." // of questions that have their choices in them
	chatBoxes   = "Find these objects: {question}. Answer with ymin, xmin, ymax, xmax, whole numbers from 0 to 999, and the name of each, with spaces between."
	chatMMMU    = "{question}\nAnswer with the option's letter if there are options, else with a single word or phrase."
	chatTrue    = "Is this true of the image? {question}\nAnswer with true or false."
	chatChoice  = "{question}\n{choices}\nAnswer with the option's letter from the given choices directly."
)

// ChatPrompt returns what a model that follows instructions is asked: Chat, or the usual prompt for
// the task. It is "" for tasks without one.
func (b *Benchmark) ChatPrompt() string {
	switch {
	case b.Chat != "":
		return b.Chat
	case b.Task == Captions:
		return chatCaption
	case b.Task == Answers || b.Task == YesNo:
		return chatAnswer
	case b.Task == Choices:
		return chatChoice
	case b.Task == Boxes:
		return chatBoxes
	}
	return ""
}
