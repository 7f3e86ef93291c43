package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The prompts of PaLI, which kinds have unless a recipe names another set, and for kinds that PaLI
// does not have those of PaliGemma or our own; see [PromptSets] for where each is from. {lang} is
// the language, {pos} the number of words given, {cap} those words.
const (
	splitCapPrompt = "Generate the alt_text in {lang} at {pos}: {cap} <extra_id_0>"
	captionPrompt  = "Generate the alt_text in {lang} at 0: <extra_id_0>"
	ocrPrompt      = "Generate the ocr_text in {lang}: <extra_id_0>"
	vqaPrompt      = "Answer in EN: {question} <extra_id_0>"
	vqgPrompt      = "Generate a question in {lang} for {answer}: <extra_id_0>"
	detectPrompt   = "detect {labels}"
	segmentPrompt  = "segment {label}"
	regionPrompt   = "caption {box}"
	matchPrompt    = "Answer in EN: Does this text describe the image? {text} <extra_id_0>"
)

// Confidence says how sure it is that a model was trained with a prompt.
type Confidence string

// The confidences.
const (
	Verified Confidence = "verified" // read in a source that the authors published
	Reported Confidence = "reported" // read in what others write about the source
	Recalled Confidence = "recalled" // not seen printed; consistent with what is reported
	Ours     Confidence = "ours"     // no published model that we know of has it
)

// PromptSet is a set of prompts that a model was trained with.
type PromptSet struct {
	Name, About string
	Prompts     []Prompt
}

// Prompt is the template of a kind, with where it is from.
type Prompt struct {
	Kind, Template string
	Confidence     Confidence
	Source         string
}

// The names of the sets.
const (
	PromptsPaLI      = "pali"
	PromptsPaliGemma = "paligemma"
)

const (
	pali      = "PaLI (arXiv 2209.06794) §3.2"
	paliGemma = "PaliGemma (arXiv 2407.07726) §3.2.5"
)

// PromptSets returns the sets of prompts that a recipe may name, the default first. A kind that a
// set lacks keeps its own prompt.
func PromptSets() []PromptSet {
	return []PromptSet{
		{Name: PromptsPaLI, About: "PaLI's and PaLI-3's: English sentences that end with a sentinel", Prompts: []Prompt{
			{"split_cap", splitCapPrompt, Reported, pali + "; whether alt_text or alt-text differs between sources"},
			{"caption", captionPrompt, Recalled, pali},
			{"ocr", ocrPrompt, Recalled, pali},
			{"vqa", vqaPrompt, Reported, pali},
			{"vqg", vqgPrompt, Recalled, pali},
			{"object_vqa", vqaPrompt, Recalled, pali + "; the questions themselves are recalled"},
			{"detect", detectPrompt, Recalled, pali + `; with boxes: integers, labels are joined by "and"`},
			{"segment", segmentPrompt, Verified, paliGemma + "; PaLI-3's own is not published"},
			{"region_caption", regionPrompt, Verified, paliGemma + "; PaLI has no such task"},
			{"match", matchPrompt, Ours, ""},
			{"text_replay", vqaPrompt, Ours, "as vqa"},
		}},
		{Name: PromptsPaliGemma, About: "PaliGemma's: a word for the task, then what is asked", Prompts: []Prompt{
			{"caption", "caption {lang}", Verified, paliGemma},
			{"ocr", "ocr", Verified, paliGemma},
			{"vqa", "answer en {question}", Verified, paliGemma},
			{"vqg", "question {lang} {answer}", Verified, paliGemma},
			{"object_vqa", "answer en {question}", Verified, paliGemma},
			{"detect", detectPrompt, Verified, paliGemma},
			{"segment", segmentPrompt, Verified, paliGemma},
			{"region_caption", regionPrompt, Verified, paliGemma},
			{"match", "answer en does this text describe the image? {text}", Ours, ""},
			{"text_replay", "answer en {question}", Ours, "as vqa"},
		}},
	}
}

// promptOf returns the prompt of a kind in a set, "" for the first set.
func promptOf(k Kind, set string) string {
	for _, s := range PromptSets() {
		if s.Name != cmp.Or(set, PromptsPaLI) {
			continue
		}
		for _, p := range s.Prompts {
			if p.Kind == k.Name && samePlaceholders(k.Prompt, p.Template) {
				return p.Template
			}
		}
	}
	return k.Prompt
}

// samePlaceholders reports whether a kind fills all that a template has: a program may have
// replaced a built-in kind by one of its own.
func samePlaceholders(prompt, template string) bool {
	return checkPrompt(template, Kind{Prompt: prompt}) == nil
}

// checkPromptSet returns an error for a set that does not exist.
func checkPromptSet(name string) error {
	var names []string
	for _, s := range PromptSets() {
		if s.Name == name {
			return nil
		}
		names = append(names, s.Name)
	}
	if name == "" {
		return nil
	}
	return fmt.Errorf("prompts: %q; legal are %s", name, strings.Join(names, " and "))
}

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

// checkPrompts fails on a placeholder in any language's prompt that the kind does not fill.
func (t *Task) checkPrompts(k Kind) (key string, err error) {
	if err := checkPrompt(t.Prompt, k); err != nil {
		return "prompt", err
	}
	for _, language := range slices.Sorted(maps.Keys(t.LanguagePrompts)) {
		if err := checkPrompt(t.LanguagePrompts[language], k); err != nil {
			return "language_prompts." + language, fmt.Errorf("language_prompts: %s: %w", language, err)
		}
	}
	return "", nil
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

// FillIn is Fill for a text or question of a language, whose prompt may be another. It fills in
// {lang} as well.
func (t *Task) FillIn(language string, values ...string) string {
	prompt, ok := t.LanguagePrompts[language]
	if !ok {
		prompt = t.Prompt
	}
	return fill(prompt, append([]string{"lang", language}, values...)...)
}

// fillPrompt gives a task without a prompt that of its kind in a set.
func (t *Task) fillPrompt(k Kind, set string) {
	if t.Prompt == "" {
		t.Prompt = promptOf(k, set)
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

// CaptionPrompt returns PaLI's text that asks for a caption in a language.
func CaptionPrompt(language string) string { return fill(captionPrompt, "lang", language) }

// QuestionPrompt returns PaLI's text that asks a question.
func QuestionPrompt(question string) string { return fill(vqaPrompt, "question", question) }
