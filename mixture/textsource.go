package mixture

import (
	"cmp"
	"context"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize/sentencepiece/train"
)

// said is a text as a tokenizer's training sees it: a caption, a question or an answer, and the
// prompt that PaLI makes with it.
type said struct {
	key      uint64 // of its sample, or of itself: what is drawn by
	language string // "" if not known
	text     string
	prompt   string
	count    int64
}

// textSource yields texts, the same ones whenever it is gone through.
type textSource iter.Seq2[said, error]

// unpunctuated is a prompt of PaLI without its sentinel, which a vocabulary has as an id of its
// own.
func unpunctuated(prompt string) string { return strings.TrimSuffix(prompt, " "+sentinelText) }

const sentinelText = "<extra_id_0>"

// captionOf is the prompt that asks for a text of a language; English where that is not known.
func captionOf(language string) string {
	return fill(unpunctuated(captionPrompt), "lang", cmp.Or(language, "en"))
}

// textsOfSamples yields the captions, questions and answers of the samples of a split, "" for all.
func textsOfSamples(ctx context.Context, samples iter.Seq2[shards.Sample, error], split string) textSource {
	return func(yield func(said, error) bool) {
		for s, err := range samples {
			if err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(said{}, err)
				return
			}
			if split != "" && s.Split != split {
				continue
			}
			for _, t := range saidOf(&s) {
				if !t.cut(yield) {
					return
				}
			}
		}
	}
}

// saidOf returns the texts of a sample.
func saidOf(s *shards.Sample) (texts []said) {
	key := random.Name(s.Key)
	for _, t := range s.Texts {
		texts = append(texts, said{key, t.Language, t.Value, captionOf(t.Language), 1})
	}
	for _, q := range s.Questions {
		texts = append(texts, said{key, q.Language, q.Text, fill(unpunctuated(vqaPrompt), "question", q.Text), 1})
		for _, a := range q.Answers {
			prompt := fill(unpunctuated(vqgPrompt), "lang", cmp.Or(q.Language, "en"), "answer", a.Text)
			texts = append(texts, said{key, q.Language, a.Text, prompt, 1})
		}
	}
	return texts
}

// textsOfLines yields lines as captions of no known language.
func textsOfLines(ctx context.Context, lines iter.Seq2[train.Sentence, error]) textSource {
	return func(yield func(said, error) bool) {
		for line, err := range lines {
			if err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(said{}, err)
				return
			}
			t := said{random.Name(line.Text), "", line.Text, captionOf(""), line.Count}
			if !t.cut(yield) {
				return
			}
		}
	}
}

// longestText is the most, in bytes, that a tokenizer's trainer takes of one text; spm_train leaves
// longer ones out.
const longestText = 4192

// cut yields a text that is not too long, and a longer one in parts, of which the first has the
// prompt.
func (t said) cut(yield func(said, error) bool) bool {
	prompt := t.prompt[:cutAt(t.prompt)]
	for left := t.text; ; prompt = "" {
		part := left[:cutAt(left)]
		left = left[len(part):]
		if !yield(said{t.key, t.language, part, prompt, t.count}, nil) {
			return false
		}
		if left == "" {
			return true
		}
	}
}

// cutAt returns where to cut a text that is too long: before the last space, or else before a
// character.
func cutAt(text string) int {
	if len(text) <= longestText {
		return len(text)
	}
	if at := strings.LastIndexByte(text[:longestText], ' '); at > 0 {
		return at
	}
	at := longestText
	for at > longestText-utf8.UTFMax && !utf8.RuneStart(text[at]) {
		at--
	}
	return at
}

// drawn yields about a part of the texts, 0 to 1: all texts of a sample or none, by its key. What
// is drawn does not depend on order or on what else there is.
func (from textSource) drawn(part float64) textSource {
	if part >= 1 {
		return from
	}
	limit := uint64(part * (1 << 63) * 2)
	return func(yield func(said, error) bool) {
		for t, err := range from {
			if err == nil && random.Mix(t.key) >= limit {
				continue
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// sentences yields each text, and after it its prompt.
func (from textSource) sentences() iter.Seq2[train.Sentence, error] {
	return func(yield func(train.Sentence, error) bool) {
		for t, err := range from {
			if err != nil {
				yield(train.Sentence{}, err)
				return
			}
			if !yield(train.Sentence{Text: t.text, Count: t.count}, nil) || !yield(train.Sentence{Text: t.prompt, Count: t.count}, nil) {
				return
			}
		}
	}
}
