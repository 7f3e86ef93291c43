package mixture

import (
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// Kind is a way to make examples of samples. It is a row of a table: append your own to
// [BuiltinKinds] and read recipes with a [Registry] that holds them.
//
// All functions must be functions of their arguments alone, and safe for concurrent use: batches do
// not depend on the number of workers.
type Kind struct {
	// Name is the value of a task's key kind.
	Name string
	// Prompt is the template of the encoder's text, for tasks without one of their own. A recipe's
	// prompt may use the placeholders that this one has.
	Prompt string
	// Image says that a sample needs an image.
	Image bool
	// Target says that examples have a target for the decoder. Without one they are contrastive:
	// Make returns texts that are compared with the image.
	Target bool
	// Usable reports whether an example can be made of a sample. Of the sample's images only the
	// number counts.
	Usable func(t *Task, s *shards.Sample) bool
	// Make makes an example of a usable sample. It draws what is random from rng. Labels are those
	// that the function Labels found in all samples of the task. A sample for which Make returns an
	// error is replaced by another.
	Make func(t *Task, s *shards.Sample, labels Labels, rng *random.Stream) (Draft, error)
	// Asks returns what the task asks of a sample when a model is evaluated or used. Unlike
	// Make, it draws nothing at random. If it is nil, the kind only trains.
	Asks func(t *Task, s *shards.Sample) []Ask
	// Languages are those of the texts that the task can use of a sample, "" where not known.
	// Default: the languages of [Task.TextsOf].
	Languages func(t *Task, s *shards.Sample) []string
	// Labels returns the labels of a sample, which are collected for Make. Default: none.
	Labels func(t *Task, s *shards.Sample) Labels
	// Columns names the columns of a dataset that Usable, Languages and Labels read, as FORMAT.md
	// of package shards has them, for example "texts.value". When a recipe is opened, samples have
	// these columns only, beside their splits, keys, and the formats and sizes of their images.
	// Default: all columns but the bytes of images.
	Columns func(t *Task) []string
	// Denoises says that Make returns documents, which the task's denoisers corrupt.
	Denoises bool
}

// Draft is an example before its texts become ids: a prompt and a target, or else texts, or else a
// document.
type Draft struct {
	Prompt, Target string
	// Texts of a contrastive example, best first: as many are used as the batch has room for.
	Texts []string
	// Document is a text that the task's denoisers corrupt.
	Document string
}

// Kinds is a table of kinds. Of two with the same name the first counts.
type Kinds []Kind

// BuiltinKinds returns a copy of the table of built-in kinds.
func BuiltinKinds() Kinds { return slices.Clone(builtinKinds) }

// Names returns the names of the kinds, sorted.
func (kinds Kinds) Names() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	slices.Sort(names)
	return names
}

// builtinKinds are the tasks of PaLI §3.2 (arXiv 2209.06794), of SigLIP and of UL2.
var builtinKinds = Kinds{
	{Name: "contrastive", Prompt: "{text}", Image: true, Usable: hasText, Columns: columnsOfTexts, Make: makeContrastive},
	{Name: "caption", Prompt: captionPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeCaption, Asks: askCaptions},
	{Name: "split_cap", Prompt: splitCapPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeSplitCap, Asks: askRests},
	{Name: "ocr", Prompt: ocrPrompt, Image: true, Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeOCR, Asks: askReadings},
	{Name: "vqa", Prompt: vqaPrompt, Image: true, Target: true, Usable: hasQuestion, Columns: columnsOfQuestions, Make: makeVQA, Asks: askQuestions, Languages: questionLanguages},
	{Name: "vqg", Prompt: vqgPrompt, Image: true, Target: true, Usable: hasQuestion, Columns: columnsOfQuestions, Make: makeVQG, Asks: askForQuestions, Languages: questionLanguages},
	{Name: "object_vqa", Prompt: vqaPrompt, Image: true, Target: true, Usable: hasObjects, Columns: columnsOfObjects, Make: makeObjectVQA, Labels: objectsOf, Languages: english},
	{Name: "detect", Prompt: detectPrompt, Image: true, Target: true, Usable: hasBoxes, Columns: columnsOfBoxes, Make: makeDetect, Asks: askForBoxes, Labels: boxLabels, Languages: english},
	{Name: "segment", Prompt: segmentPrompt, Image: true, Target: true, Usable: hasMasks, Columns: columnsOfMasks, Make: makeSegment, Asks: askForMasks, Languages: english},
	{Name: "denoise", Target: true, Usable: hasText, Columns: columnsOfTexts, Make: makeDocument, Denoises: true},
}

func hasText(t *Task, s *shards.Sample) bool     { return len(t.TextsOf(s)) > 0 }
func hasQuestion(t *Task, s *shards.Sample) bool { return len(t.QuestionsOf(s)) > 0 }
func hasObjects(t *Task, s *shards.Sample) bool  { return len(objectsOf(t, s)) > 0 }

func pick[T any](from []T, rng *random.Stream) T { return from[rng.IntN(len(from))] }

// makeContrastive returns all texts of the sample in a random order.
func makeContrastive(t *Task, s *shards.Sample, _ Labels, rng *random.Stream) (Draft, error) {
	texts := t.TextsOf(s)
	var d Draft
	for _, i := range rng.Perm(len(texts)) {
		d.Texts = append(d.Texts, t.Fill("text", texts[i].Value))
	}
	return d, nil
}

func makeCaption(t *Task, s *shards.Sample, _ Labels, rng *random.Stream) (Draft, error) {
	text := pick(t.TextsOf(s), rng)
	return Draft{Prompt: t.Fill("lang", text.Language), Target: text.Value}, nil
}

// makeSplitCap prompts with the first words of a text, from none to all but one, and asks for the
// rest.
func makeSplitCap(t *Task, s *shards.Sample, _ Labels, rng *random.Stream) (Draft, error) {
	text := pick(t.TextsOf(s), rng)
	words := splitWords(text.Value)
	var d Draft
	d.Prompt, d.Target = splitAt(t.Prompt, text, words, rng.IntN(len(words)))
	return d, nil
}

// splitWords splits a text before each word or, in scripts without spaces, before each character.
// The parts joined are the text.
func splitWords(text string) (words []string) {
	start := 0
	var last rune
	for i, r := range text {
		if i > start && !unicode.IsSpace(r) && !unicode.IsMark(r) && (unicode.IsSpace(last) || unspaced(r) || unspaced(last)) {
			words = append(words, text[start:i])
			start = i
		}
		last = r
	}
	return append(words, text[start:])
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func makeOCR(t *Task, s *shards.Sample, _ Labels, _ *random.Stream) (Draft, error) {
	var read []string
	texts := t.TextsOf(s)
	for _, text := range texts {
		read = append(read, text.Value)
	}
	return Draft{Prompt: t.Fill("lang", texts[0].Language), Target: strings.Join(read, " ")}, nil
}

func makeVQA(t *Task, s *shards.Sample, _ Labels, rng *random.Stream) (Draft, error) {
	q := pick(t.QuestionsOf(s), rng)
	return Draft{Prompt: t.Fill("question", q.Text), Target: pick(q.Answers, rng).Text}, nil
}

func makeVQG(t *Task, s *shards.Sample, _ Labels, rng *random.Stream) (Draft, error) {
	q := pick(t.QuestionsOf(s), rng)
	return Draft{Prompt: t.Fill("lang", q.Language, "answer", pick(q.Answers, rng).Text), Target: q.Text}, nil
}

// makeDocument joins the texts and questions of a sample, in a random order, into one text for a
// denoiser.
func makeDocument(t *Task, s *shards.Sample, _ Labels, rng *random.Stream) (Draft, error) {
	var parts []string
	for _, text := range t.TextsOf(s) {
		parts = append(parts, text.Value)
	}
	for _, q := range t.QuestionsOf(s) {
		parts = append(parts, q.Text+" "+q.Answers[0].Text)
	}
	shuffled := make([]string, len(parts))
	for i, from := range rng.Perm(len(parts)) {
		shuffled[i] = parts[from]
	}
	return Draft{Document: strings.Join(shuffled, "\n")}, nil
}
