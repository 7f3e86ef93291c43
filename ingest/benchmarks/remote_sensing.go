package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/pali3/pali3/shards"
)

// satelliteQuestion is an element of questions in RSVQA's *_questions.json
// (syvlo/RSVQA, AutomaticDB/DataSpecification.md).
type satelliteQuestion struct {
	ID     flexible `json:"id"`
	Image  flexible `json:"img_id"`
	Type   words    `json:"type"`
	Text   words    `json:"question"`
	Active words    `json:"active"`
}

// satelliteAnswer is an element of answers in RSVQA's *_answers.json.
type satelliteAnswer struct {
	Question flexible `json:"question_id"`
	Text     words    `json:"answer"`
	Active   words    `json:"active"`
}

// readRSVQA reads a split of RSVQA: its answers (LR_split_test_answers.json, or for high resolution
// USGS_split_test_answers.json), and its questions, which are in a file of their own. Questions and
// answers that the owner withdrew are not active, and skipped. The kind of a question is its type:
// comp, count, presence, and rural_urban or area. Images are named after their number.
func readRSVQA(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		asked, err := satelliteQuestions(ctx, o)
		if err != nil {
			yield(item{}, err)
			return
		}
		answered := 0
		for a, err := range elements[satelliteAnswer](ctx, o.Annotations, "answers") {
			if err == nil && a.Active.text == "false" {
				continue
			}
			i := item{}
			if err == nil {
				q, ok := asked[string(a.Question)]
				switch {
				case a.Question == "":
					err = errors.New("an answer has no question_id")
				case !ok:
					err = fmt.Errorf("question %s is not in %s", a.Question, baseName(o.Questions))
				case q.Active.text == "false":
					continue
				default:
					answered++
					i = aerial(&q, o)
					i.ask(string(q.ID), q.Text, q.Type.text, a.Text)
				}
			}
			if !yield(i, i.checked(err)) || errors.Is(err, errBroken) {
				return
			}
		}
		if answered < len(asked) {
			yield(asideOf([]shards.LeftOut{{Reason: shards.LeftAnswer, Name: "questions without an answer in " + baseName(o.Annotations), N: int64(len(asked) - answered)}}), nil)
		}
	}
}

// satelliteQuestions returns the questions of a split by id.
func satelliteQuestions(ctx context.Context, o Options) (map[string]satelliteQuestion, error) {
	if o.Questions == "" {
		return nil, fmt.Errorf("%w: %s has a file of questions beside that of answers: name it with --questions", errBroken, o.Layout)
	}
	asked := map[string]satelliteQuestion{}
	for q, err := range elements[satelliteQuestion](ctx, o.Questions, "questions") {
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		if q.Active.text != "false" {
			asked[string(q.ID)] = q
		}
	}
	return asked, nil
}

// aerial returns the item of a question's image, without the question.
func aerial(q *satelliteQuestion, o Options) item {
	if q.Image == "" {
		return item{}
	}
	name := string(q.Image)
	i := about(name, name+".tif", "Images_LR/"+name+".tif", name+".png", "Data/"+name+".tif", "Data/"+name+".png")
	i.sample.Split = o.Split
	return i
}
