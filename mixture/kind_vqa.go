package mixture

import (
	"strconv"

	"github.com/pali3/pali3/shards"
)

func makeVQA(m *Material) (Draft, error) {
	q := pick(m.Task.QuestionsOf(m.Sample), m.Rng)
	return Draft{Prompt: m.Task.FillIn(q.Language, "question", q.Text), Target: pick(q.Answers, m.Rng).Text}, nil
}

func makeVQG(m *Material) (Draft, error) {
	q := pick(m.Task.QuestionsOf(m.Sample), m.Rng)
	return Draft{Prompt: m.Task.FillIn(q.Language, "answer", pick(q.Answers, m.Rng).Text), Target: q.Text}, nil
}

func askQuestions(t *Task, s *shards.Sample) []Ask {
	return eachQuestion(t, s, func(q *shards.Question) (string, []string) {
		var truths []string
		for _, answer := range q.Answers {
			truths = append(truths, answer.Text)
		}
		return t.FillIn(q.Language, "question", q.Text), truths
	})
}

func askForQuestions(t *Task, s *shards.Sample) []Ask {
	return eachQuestion(t, s, func(q *shards.Question) (string, []string) {
		return t.FillIn(q.Language, "answer", q.Answers[0].Text), []string{q.Text}
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
