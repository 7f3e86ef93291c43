package mixture

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/pali3/pali3/shards"
)

func makeCaption(m *Material) (Draft, error) {
	text := pick(m.Task.TextsOf(m.Sample), m.Rng)
	return Draft{Prompt: m.Task.FillIn(text.Language), Target: text.Value}, nil
}

// askCaptions asks once in each language of the sample's texts. Several texts in a language are
// several truths.
func askCaptions(t *Task, s *shards.Sample) (all []Ask) {
	at := map[string]int{}
	for _, text := range t.TextsOf(s) {
		i, known := at[text.Language]
		if !known {
			i = len(all)
			at[text.Language] = i
			all = append(all, t.askIn(s.Key, text.Language, ""))
		}
		all[i].Truths = append(all[i].Truths, text.Value)
	}
	return all
}

// makeSplitCap prompts with the first words of a text, from none to all but one, and asks for the
// rest.
func makeSplitCap(m *Material) (Draft, error) {
	text := pick(m.Task.TextsOf(m.Sample), m.Rng)
	words := splitWords(text.Value)
	var d Draft
	d.Prompt, d.Target = m.Task.splitAt(text, words, m.Rng.IntN(len(words)))
	return d, nil
}

// askRests asks for the second half of a text in each language.
func askRests(t *Task, s *shards.Sample) (all []Ask) {
	asked := map[string]bool{}
	for _, text := range t.TextsOf(s) {
		words := splitWords(text.Value)
		if asked[text.Language] || len(words) < 2 {
			continue
		}
		asked[text.Language] = true
		prompt, rest := t.splitAt(text, words, len(words)/2)
		all = append(all, Ask{ID: s.Key + "/" + text.Language, Language: text.Language, Kind: t.Kind, Prompt: prompt, Truths: []string{rest}})
	}
	return all
}

// splitAt returns the prompt with the first n words of a text, and the rest of it.
func (t *Task) splitAt(text *shards.Text, words []string, n int) (prompt, rest string) {
	given := strings.TrimSpace(strings.Join(words[:n], ""))
	prompt = t.FillIn(text.Language, "pos", strconv.Itoa(n), "cap", given)
	return strings.ReplaceAll(prompt, ":  ", ": "), strings.TrimSpace(strings.Join(words[n:], ""))
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
