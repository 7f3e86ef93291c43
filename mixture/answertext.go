package mixture

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
)

// answerTexts is the kind of text, in a contrastive task's Texts, that is made of a sample's
// answers. With it, images that have questions but no captions can be told apart.
const answerTexts = "answers"

// saysLittle are answers that most images share, whatever they show: yes and no in the languages of
// VQA's translations (xGQA, MaXM) and some others.
var saysLittle = map[string]bool{
	"yes": true, "no": true, "true": true, "false": true, "unknown": true, "ja": true, "nein": true, "oui": true, "non": true,
	"sí": true, "si": true, "sim": true, "não": true, "da": true, "nu": true, "да": true, "нет": true, "tak": true, "nie": true,
	"evet": true, "hayır": true, "是": true, "否": true, "不是": true, "有": true, "没有": true, "はい": true, "いいえ": true, "예": true,
	"아니요": true, "ใช่": true, "ไม่": true, "हाँ": true, "नहीं": true, "হ্যাঁ": true, "না": true, "כן": true, "לא": true, "نعم": true, "لا": true,
}

// answersText joins the first answers of the questions that the task takes, each once, in the order
// of the alphabet, so that equal images have equal texts; yes and no are left out. It is nil if
// there are none.
func answersText(t *Task, s *shards.Sample) *shards.Text {
	var said []string
	for _, q := range t.QuestionsOf(s) {
		answer := strings.TrimSpace(q.Answers[0].Text)
		if answer != "" && !saysLittle[strings.ToLower(strings.Trim(answer, ".!"))] && !slices.Contains(said, answer) {
			said = append(said, answer)
		}
	}
	if len(said) == 0 {
		return nil
	}
	slices.Sort(said)
	return &shards.Text{Kind: answerTexts, Value: strings.Join(said, " ")}
}

// HasOpenAnswers reports whether some question of a sample is answered with more than yes or no, so
// that a contrastive task can make a text of its answers.
func HasOpenAnswers(s *shards.Sample) bool { return answersText(&Task{}, s) != nil }
