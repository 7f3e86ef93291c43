package mixture

import (
	"slices"

	"github.com/pali3/pali3/shards"
)

// TextsOf returns the texts of a sample that the task takes, by its languages and kinds of text.
// Only kind ocr takes text read in an image.
func (t *Task) TextsOf(s *shards.Sample) (texts []*shards.Text) {
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

// QuestionsOf returns the questions of a sample that the task takes, by its languages and kinds of
// question, and that have an answer.
func (t *Task) QuestionsOf(s *shards.Sample) (questions []*shards.Question) {
	for i := range s.Questions {
		q := &s.Questions[i]
		if wanted(t.Languages, q.Language) && wanted(t.Questions, q.Kind) && len(q.Answers) > 0 {
			questions = append(questions, q)
		}
	}
	return questions
}

func wanted(list []string, value string) bool { return len(list) == 0 || slices.Contains(list, value) }

// languages returns the languages that a kind counts for a sample.
func (k Kind) languages(t *Task, s *shards.Sample) (all []string) {
	if k.Languages != nil {
		return k.Languages(t, s)
	}
	for _, text := range t.TextsOf(s) {
		all = append(all, text.Language)
	}
	return all
}

func questionLanguages(t *Task, s *shards.Sample) (all []string) {
	for _, q := range t.QuestionsOf(s) {
		all = append(all, q.Language)
	}
	return all
}

// english is the language of questions that pali3 makes.
func english(*Task, *shards.Sample) []string { return []string{"en"} }
