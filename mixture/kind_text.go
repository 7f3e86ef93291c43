package mixture

import (
	"strings"

	"github.com/pali3/pali3/shards"
)

// makeDocument joins the texts and questions of a sample, in a random order, into one text for a
// denoiser.
func makeDocument(m *Material) (Draft, error) {
	var parts []string
	for _, text := range m.Task.TextsOf(m.Sample) {
		parts = append(parts, text.Value)
	}
	for _, q := range m.Task.QuestionsOf(m.Sample) {
		parts = append(parts, q.Text+" "+q.Answers[0].Text)
	}
	shuffled := make([]string, len(parts))
	for i, from := range m.Rng.Perm(len(parts)) {
		shuffled[i] = parts[from]
	}
	return Draft{Document: strings.Join(shuffled, "\n")}, nil
}

func hasTextOrQuestion(t *Task, s *shards.Sample) bool { return hasText(t, s) || hasQuestion(t, s) }

func replayLanguages(t *Task, s *shards.Sample) []string {
	return append(Kind{}.languages(t, s), questionLanguages(t, s)...)
}

// makeReplay asks one of the sample's questions without the image, or corrupts one of its texts:
// each text and each question is equally likely.
func makeReplay(m *Material) (Draft, error) {
	texts, questions := m.Task.TextsOf(m.Sample), m.Task.QuestionsOf(m.Sample)
	if at := m.Rng.IntN(len(texts) + len(questions)); at < len(texts) {
		return Draft{Document: texts[at].Value}, nil
	}
	return makeVQA(m)
}
