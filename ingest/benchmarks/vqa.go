package benchmarks

import (
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"iter"

	"github.com/pali3/pali3/shards"
)

// vqaQuestion is an element of the questions file of VQA v2, OK-VQA and A-OKVQA.
type vqaQuestion struct {
	ID      flexible `json:"question_id"`
	ImageID flexible `json:"image_id"`
	Text    words    `json:"question"`
}

type vqaAnnotation struct {
	QuestionID   flexible        `json:"question_id"`
	ImageID      flexible        `json:"image_id"`
	QuestionType words           `json:"question_type"`
	AnswerType   words           `json:"answer_type"`
	Answers      list[vqaAnswer] `json:"answers"`
	Chosen       words           `json:"multiple_choice_answer"` // the most frequent answer; in some files the only one
}

// vqaAnswer is an answer. Some tools write its text only.
type vqaAnswer struct {
	Answer     words `json:"answer"`
	Confidence words `json:"answer_confidence"`
}

// bare implements [bareElement].
func (a *vqaAnswer) bare(v jsontext.Value) bool {
	return v.Kind() == '"' && decode(v, &a.Answer) == nil
}

// askAnnotators adds a question with the answers of several people.
func (i *item) askAnnotators(id string, text words, kind string, given list[vqaAnswer]) {
	if wrong := text.wrong(); wrong != "" {
		i.leave(shards.LeftAnswer, "%s: question %s: %s", i.sample.Key, id, wrong)
		return
	}
	q := question(id, text.text, kind)
	i.annotated(&q, given)
	i.sample.Questions = append(i.sample.Questions, q)
}

func (i *item) annotated(q *shards.Question, given list[vqaAnswer]) {
	for _, a := range given.items {
		a.Answer.given = true
		i.answer(q, a.Answer, a.Confidence.text)
	}
	i.lose(shards.LeftAnswer, fmt.Sprintf("%s: answers to question %s", i.sample.Key, q.ID), given.bad, given.fault)
}

// readVQA joins questions and annotations. Without a file of questions, the annotations file is
// read as one: a test set has no answers.
func readVQA(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		given, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer given.close()
		v := &vqa{options: o, given: given, questions: o.Annotations, yield: yield}
		if o.Questions != "" {
			v.questions = o.Questions
			if !v.readAnnotations(ctx) {
				return
			}
		}
		set, err := value[words](v.questions, "data_subtype") // for example val2014
		if err != nil && !errors.Is(err, errNoMember) {
			yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		v.set = cocoSet(set.text)
		if !v.readQuestions(ctx) {
			return
		}
		if v.asked > 0 && v.annotations > 0 && v.answered == 0 {
			yield(item{}, v.apart())
			return
		}
		if left := given.unused("question", "is not among the questions"); len(left) > 0 {
			yield(asideOf(left), nil)
		}
	}
}

// vqa is the state while the two files are read.
type vqa struct {
	options     Options
	questions   string // the file of questions
	set         string // of COCO's images, such as val2014
	given       *gathering
	asked       int64
	annotations int64
	answered    int64 // questions that have an annotation
	yield       func(item, error) bool
}

// readAnnotations gathers the answers by question. It returns false if reading must stop.
func (v *vqa) readAnnotations(ctx context.Context) bool {
	for a, err := range elements[vqaAnnotation](ctx, v.options.Annotations, "annotations") {
		if err == nil {
			v.annotations++
			i := item{sample: shards.Sample{Key: string(a.QuestionID)}}
			i.annotate(&a)
			err = v.given.add(i.sample.Key, &i)
		}
		if !v.tell(err, v.options.Annotations) {
			return false
		}
	}
	return true
}

// annotate adds the question of an annotation with its answers and without its text.
func (i *item) annotate(a *vqaAnnotation) {
	q := shards.Question{ID: string(a.QuestionID), Kind: a.AnswerType.text}
	if i.annotated(&q, a.Answers); a.Chosen.given && len(a.Answers.items) == 0 && a.Answers.bad == 0 {
		i.answer(&q, a.Chosen, "")
	}
	i.detail(q.ID, "question_type", a.QuestionType)
	i.sample.Questions = []shards.Question{q}
}

// tell yields err unless it is nil. It returns false if reading must stop.
func (v *vqa) tell(err error, file string) bool {
	if errors.Is(err, errNoMember) {
		err = fmt.Errorf("%w; it is %v", err, shapeOf(file))
	}
	return err == nil || v.yield(item{}, err) && !errors.Is(err, errBroken)
}

func (v *vqa) readQuestions(ctx context.Context) bool {
	for q, err := range elements[vqaQuestion](ctx, v.questions, "questions") {
		var i item
		if err == nil {
			i, err = v.question(&q)
		}
		if err != nil {
			if !v.tell(err, v.questions) {
				return false
			}
			continue
		}
		if !v.yield(i, nil) {
			return false
		}
	}
	return true
}

// question returns the item of a question with its answers.
func (v *vqa) question(q *vqaQuestion) (item, error) {
	names := cocoNames(string(q.ImageID), v.set)
	if len(names) == 0 {
		return item{}, fmt.Errorf("question %s: image_id %q is no number of COCO's", q.ID, q.ImageID)
	}
	v.asked++
	i := about(names[0], names...)
	i.ask(string(q.ID), q.Text, "")
	answered, _, err := v.given.take(string(q.ID), 1)
	if err != nil || len(answered.sample.Questions) == 0 {
		return i, err
	}
	v.answered++
	i.left = addLeft(i.left, answered.left...)
	all := answered.sample.Questions
	for _, before := range all[:len(all)-1] {
		i.leave(shards.LeftAnswer, "%s: question %s has several annotations: the last counts, not the one of %d answers", i.sample.Key, q.ID, len(before.Answers))
	}
	if len(i.sample.Questions) > 0 {
		last := all[len(all)-1]
		i.sample.Questions[0].Kind, i.sample.Questions[0].Answers = last.Kind, last.Answers
		i.fields = answered.fields[max(0, len(answered.fields)-1):]
	}
	return i, nil
}

// apart is the error of two files that have no question in common.
func (v *vqa) apart() error {
	sets := ""
	if of, err := value[words](v.options.Annotations, "data_subtype"); err == nil && of.text != "" {
		sets = fmt.Sprintf(" (annotations of %s, questions of %s)", of.text, v.set)
	}
	return fmt.Errorf("%w: none of the %d questions of %s is among the %d annotations of %s: they are files of two splits%s",
		errBroken, v.asked, baseName(v.questions), v.annotations, baseName(v.options.Annotations), sets)
}
