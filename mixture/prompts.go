package mixture

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The prompts of PaLI (arXiv 2209.06794 §3.2). {lang} is the language, {pos} the number of words
// given, {cap} those words. That of detection is PaliGemma's, too; that of segmentation is
// PaliGemma's alone (arXiv 2407.07726 §3.2.5).
const (
	splitCapPrompt = "Generate the alt_text in {lang} at {pos}: {cap} <extra_id_0>"
	captionPrompt  = "Generate the alt_text in {lang} at 0: <extra_id_0>"
	ocrPrompt      = "Generate the ocr_text in {lang}: <extra_id_0>"
	vqaPrompt      = "Answer in EN: {question} <extra_id_0>"
	detectPrompt   = "detect {labels}"
	segmentPrompt  = "segment {label}"
	vqgPrompt      = "Generate a question in {lang} for {answer}: <extra_id_0>"
)

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

// checkPrompt fails on a placeholder that the kind does not fill.
func checkPrompt(prompt string, k Kind) error {
	for _, found := range placeholder.FindAllString(prompt, -1) {
		if !strings.Contains(k.Prompt, found) {
			return fmt.Errorf("prompt: %s is not filled; this kind fills %s", found, strings.Join(placeholder.FindAllString(k.Prompt, -1), ", "))
		}
	}
	return nil
}

// fill puts values, given as name and value in turn, into a prompt. Placeholders within a value
// stay as they are.
func fill(prompt string, values ...string) string {
	var pairs []string
	for i := 0; i < len(values); i += 2 {
		pairs = append(pairs, "{"+values[i]+"}", values[i+1])
	}
	return strings.NewReplacer(pairs...).Replace(prompt)
}

// Fill puts values, given as name and value in turn, into the task's prompt. Placeholders within a
// value stay as they are.
func (t *Task) Fill(values ...string) string { return fill(t.Prompt, values...) }

// fillPrompt gives a task without a prompt that of its kind.
func (t *Task) fillPrompt(k Kind) {
	if t.Prompt == "" {
		t.Prompt = k.Prompt
	}
}

// AsksAnyImage reports whether a model can be asked about an image without a sample: the prompt
// needs nothing but a language or a question.
func (k Kind) AsksAnyImage() bool {
	return k.Asks != nil && !slices.ContainsFunc(placeholder.FindAllString(k.Prompt, -1), func(found string) bool {
		return found != "{lang}" && found != "{question}"
	})
}

// AnswersQuestions reports whether the prompt holds a question.
func (k Kind) AnswersQuestions() bool { return strings.Contains(k.Prompt, "{question}") }

// CaptionPrompt returns the text that asks for a caption in a language.
func CaptionPrompt(language string) string { return fill(captionPrompt, "lang", language) }

// QuestionPrompt returns the text that asks a question.
func QuestionPrompt(question string) string { return fill(vqaPrompt, "question", question) }
