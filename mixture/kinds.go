package mixture

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// kind is how a sample becomes an example.
type kind struct {
	prompt   string // PaLI's template
	pictures bool   // needs a picture
	target   bool   // has a target
	usable   func(t *Task, s *shards.Sample) bool
	// make writes the example's texts; objects are those that the task's samples name.
	make func(t *Task, s *shards.Sample, objects pools, rng *random.Stream) draft
}

// draft is an example before its texts become ids.
type draft struct {
	prompt, target string
	texts          []string // of a contrastive example, instead of the two
	document       string   // of a corrupted text, instead of them
}

// kinds is the table of task kinds (spec: PaLI §3.2; arXiv 2209.06794).
var kinds = map[string]kind{
	"contrastive": {"{text}", true, false, hasText, makeContrastive},
	"caption":     {captionPrompt, true, true, hasText, makeCaption},
	"split_cap":   {splitCapPrompt, true, true, hasText, makeSplitCap},
	"ocr":         {ocrPrompt, true, true, hasText, makeOCR},
	"vqa":         {vqaPrompt, true, true, hasQuestion, makeVQA},
	"vqg":         {vqgPrompt, true, true, hasQuestion, makeVQG},
	"object_vqa":  {vqaPrompt, true, true, hasObjects, makeObjectVQA},
	"denoise":     {"", false, true, hasText, makeDocument},
}

// Kinds returns the names of all task kinds.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

func hasText(t *Task, s *shards.Sample) bool     { return len(textsOf(t, s)) > 0 }
func hasQuestion(t *Task, s *shards.Sample) bool { return len(questionsOf(t, s)) > 0 }
func hasObjects(t *Task, s *shards.Sample) bool  { return len(objectsOf(t, s)) > 0 }

// textsOf returns the texts that the task takes.
func textsOf(t *Task, s *shards.Sample) (texts []*shards.Text) {
	for i := range s.Texts {
		text := &s.Texts[i]
		if wanted(t.Languages, text.Language) && wanted(t.Texts, text.Kind) && (t.Kind == "ocr") == (text.Kind == shards.OCR) && text.Value != "" {
			texts = append(texts, text)
		}
	}
	if t.Kind == "contrastive" && slices.Contains(t.Texts, answerTexts) {
		if text := answersText(t, s); text != nil {
			texts = append(texts, text)
		}
	}
	return texts
}

// questionsOf returns the questions that the task takes.
func questionsOf(t *Task, s *shards.Sample) (questions []*shards.Question) {
	for i := range s.Questions {
		q := &s.Questions[i]
		if wanted(t.Languages, q.Language) && wanted(t.Questions, q.Kind) && len(q.Answers) > 0 {
			questions = append(questions, q)
		}
	}
	return questions
}

func pick[T any](from []T, rng *random.Stream) T { return from[rng.IntN(len(from))] }

// makeContrastive gives all texts of the sample in a random order, of which a batch takes the
// first.
func makeContrastive(t *Task, s *shards.Sample, _ pools, rng *random.Stream) draft {
	texts := textsOf(t, s)
	var d draft
	for _, i := range rng.Perm(len(texts)) {
		d.texts = append(d.texts, fill(t.Prompt, "text", texts[i].Value))
	}
	return d
}

func makeCaption(t *Task, s *shards.Sample, _ pools, rng *random.Stream) draft {
	text := pick(textsOf(t, s), rng)
	return draft{prompt: fill(t.Prompt, "lang", text.Language), target: text.Value}
}

// makeSplitCap gives the first words of a text and asks for the rest. The split is uniform: none to
// all but one of the words.
func makeSplitCap(t *Task, s *shards.Sample, _ pools, rng *random.Stream) draft {
	text := pick(textsOf(t, s), rng)
	words := splitWords(text.Value)
	var d draft
	d.prompt, d.target = splitAt(t.Prompt, text, words, rng.IntN(len(words)))
	return d
}

// splitWords cuts a text so that its parts joined are the text again: before each word; in scripts
// that write without spaces, before each character.
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

func makeOCR(t *Task, s *shards.Sample, _ pools, _ *random.Stream) draft {
	var read []string
	texts := textsOf(t, s)
	for _, text := range texts {
		read = append(read, text.Value)
	}
	return draft{prompt: fill(t.Prompt, "lang", texts[0].Language), target: strings.Join(read, " ")}
}

func makeVQA(t *Task, s *shards.Sample, _ pools, rng *random.Stream) draft {
	q := pick(questionsOf(t, s), rng)
	return draft{prompt: fill(t.Prompt, "question", q.Text), target: pick(q.Answers, rng).Text}
}

func makeVQG(t *Task, s *shards.Sample, _ pools, rng *random.Stream) draft {
	q := pick(questionsOf(t, s), rng)
	return draft{prompt: fill(t.Prompt, "lang", q.Language, "answer", pick(q.Answers, rng).Text), target: q.Text}
}

// makeDocument joins the texts and questions of a sample, in a random order, into one text for a
// denoiser.
func makeDocument(t *Task, s *shards.Sample, _ pools, rng *random.Stream) draft {
	var parts []string
	for _, text := range textsOf(t, s) {
		parts = append(parts, text.Value)
	}
	for _, q := range questionsOf(t, s) {
		parts = append(parts, q.Text+" "+q.Answers[0].Text)
	}
	shuffled := make([]string, len(parts))
	for i, from := range rng.Perm(len(parts)) {
		shuffled[i] = parts[from]
	}
	return draft{document: strings.Join(shuffled, "\n")}
}
