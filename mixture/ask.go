package mixture

import (
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

// Ask is one thing that a task asks of a sample, with the right answers. Unlike a training example,
// it has nothing random.
type Ask struct {
	// ID is that of the question, or KEY/LANGUAGE of the sample's key and the language asked for.
	ID string
	// Language of the text that is asked for, or of the question.
	Language string
	// Kind of the question; otherwise the task's kind.
	Kind string
	// Question as the dataset has it; empty for tasks without one.
	Question string
	// Prompt is the encoder's text.
	Prompt string
	// Truths are the answers or texts that people gave.
	Truths []string
}

// askIn asks for a text in a language, or for the answer to a question.
func (t *Task) askIn(key, language, question string) Ask {
	return Ask{
		ID: key + "/" + language, Language: language, Kind: t.Kind, Question: question,
		Prompt: t.Fill("lang", language, "question", question),
	}
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

func askRests(t *Task, s *shards.Sample) (all []Ask) {
	asked := map[string]bool{}
	for _, text := range t.TextsOf(s) {
		words := splitWords(text.Value)
		if asked[text.Language] || len(words) < 2 {
			continue
		}
		asked[text.Language] = true
		prompt, rest := splitAt(t.Prompt, text, words, len(words)/2)
		all = append(all, Ask{ID: s.Key + "/" + text.Language, Language: text.Language, Kind: t.Kind, Prompt: prompt, Truths: []string{rest}})
	}
	return all
}

// splitAt returns the prompt with the first n words of a text, and the rest of it.
func splitAt(template string, text *shards.Text, words []string, n int) (prompt, rest string) {
	given := strings.TrimSpace(strings.Join(words[:n], ""))
	prompt = fill(template, "lang", text.Language, "pos", strconv.Itoa(n), "cap", given)
	return strings.ReplaceAll(prompt, ":  ", ": "), strings.TrimSpace(strings.Join(words[n:], ""))
}

func askReadings(t *Task, s *shards.Sample) []Ask {
	texts := t.TextsOf(s)
	if len(texts) == 0 {
		return nil
	}
	var read []string
	for _, text := range texts {
		read = append(read, text.Value)
	}
	a := t.askIn(s.Key, texts[0].Language, "")
	a.Truths = []string{strings.Join(read, " ")}
	return []Ask{a}
}

func askQuestions(t *Task, s *shards.Sample) []Ask {
	return eachQuestion(t, s, func(q *shards.Question) (string, []string) {
		var truths []string
		for _, answer := range q.Answers {
			truths = append(truths, answer.Text)
		}
		return t.Fill("question", q.Text), truths
	})
}

func askForQuestions(t *Task, s *shards.Sample) []Ask {
	return eachQuestion(t, s, func(q *shards.Question) (string, []string) {
		return t.Fill("lang", q.Language, "answer", q.Answers[0].Text), []string{q.Text}
	})
}

func eachQuestion(t *Task, s *shards.Sample, ask func(*shards.Question) (prompt string, truths []string)) (all []Ask) {
	for i, q := range t.QuestionsOf(s) {
		a := Ask{ID: q.ID, Language: q.Language, Kind: q.Kind, Question: q.Text}
		if a.ID == "" {
			a.ID = s.Key + "#" + strconv.Itoa(i)
		}
		a.Prompt, a.Truths = ask(q)
		all = append(all, a)
	}
	return all
}
