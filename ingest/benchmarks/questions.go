package benchmarks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/pali3/pali3/shards"
)

// vqaQuestion and vqaAnnotation are the elements of the two files of VQA v2, and of OK-VQA.
type vqaQuestion struct {
	ID      int64  `json:"question_id"`
	ImageID int64  `json:"image_id"`
	Text    string `json:"question"`
}

type vqaAnnotation struct {
	QuestionID   int64       `json:"question_id"`
	QuestionType flexible    `json:"question_type"`
	AnswerType   string      `json:"answer_type"`
	Answers      []vqaAnswer `json:"answers"`
}

type vqaAnswer struct {
	Answer     string `json:"answer"`
	Confidence string `json:"answer_confidence"`
}

func confident(given []vqaAnswer) (all []shards.Answer) {
	for _, a := range given {
		all = append(all, shards.Answer{Text: a.Answer, Confidence: a.Confidence})
	}
	return all
}

// readVQA joins questions and annotations. Without a file of questions the annotations file is taken for it: a test set
// has no answers.
var readVQA = byImage(func(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		given, err := newGathering()
		if err != nil {
			yield(item{}, err)
			return
		}
		defer given.close()
		questions := o.Annotations
		if o.Questions != "" {
			questions = o.Questions
			for a, err := range elements[vqaAnnotation](ctx, o.Annotations, "annotations") {
				if err == nil {
					q := shards.Question{Kind: a.AnswerType, Answers: confident(a.Answers)}
					err = given.add(fmt.Sprint(a.QuestionID), &item{sample: shards.Sample{Questions: []shards.Question{q}}})
				}
				if err != nil && (!yield(item{}, err) || errors.Is(err, errBroken)) {
					return
				}
			}
		}
		set, err := value[string](questions, "data_subtype") // for example val2014
		if err != nil && !errors.Is(err, errNoMember) {
			yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		for q, err := range elements[vqaQuestion](ctx, questions, "questions") {
			name := fmt.Sprintf("COCO_%s_%012d.jpg", set, q.ImageID)
			i := about(name, fmt.Sprintf("%s|%s/%s|%012d.jpg", name, set, name, q.ImageID))
			asked := shards.Question{ID: fmt.Sprint(q.ID), Text: q.Text, Language: "en"}
			if err == nil {
				var answered item
				if answered, _, err = given.get(fmt.Sprint(q.ID)); len(answered.sample.Questions) > 0 {
					last := answered.sample.Questions[len(answered.sample.Questions)-1]
					asked.Kind, asked.Answers = last.Kind, last.Answers
				}
			}
			i.sample.Questions = []shards.Question{asked}
			if !yield(i, err) {
				return
			}
		}
	}
})

// readVizWiz reads VizWiz VQA's train.json, val.json, test.json: a question for each image.
var readVizWiz = each("", func(_ int, q struct {
	Image      string      `json:"image"`
	Question   string      `json:"question"`
	Answers    []vqaAnswer `json:"answers"`
	AnswerType string      `json:"answer_type"`
}, _ Options) item {
	i := about(q.Image, q.Image)
	i.sample.Questions = []shards.Question{{ID: q.Image, Text: q.Question, Language: "en", Kind: q.AnswerType, Answers: confident(q.Answers)}}
	return i
})

// readGQA reads GQA's *_questions.json: questions by id.
var readGQA = byImage(eachMember(func(id string, q struct {
	ImageID  string                      `json:"imageId"`
	Question string                      `json:"question"`
	Answer   string                      `json:"answer"`
	Types    struct{ Structural string } `json:"types"`
}, _ Options) item {
	return asking(q.ImageID, q.ImageID+".jpg", question(id, q.Question, q.Types.Structural, q.Answer))
}))

// asking makes an item of one picture and one question.
func asking(key, images string, q shards.Question) item {
	i := about(key, images)
	i.sample.Questions = []shards.Question{q}
	return i
}

// easyQuestion is [question, answer, number of the image].
type easyQuestion struct {
	text, answer string
	image        int64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (q *easyQuestion) UnmarshalJSON(b []byte) error {
	parts := []any{&q.text, &q.answer, &q.image}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	if len(parts) != 3 {
		return fmt.Errorf("%d parts, want question, answer and number of the image", len(parts))
	}
	return nil
}

// readEasyVQA reads easy-VQA's questions.json. Its splits number their images anew: with a split the key begins with it.
var readEasyVQA = byImage(each("", func(n int, q easyQuestion, o Options) item {
	name := fmt.Sprintf("%d.png", q.image)
	return asking(path.Join(o.Split, name), name, question(fmt.Sprint(n), q.text, "", q.answer))
}))

// question makes a question in English; without an answer that is not empty it has none.
func question(id, text, kind string, given ...string) shards.Question {
	q := shards.Question{ID: id, Text: text, Language: "en", Kind: kind}
	for _, a := range given {
		if a != "" {
			q.Answers = append(q.Answers, answers(a)...)
		}
	}
	return q
}

// readTallyQA reads TallyQA's train.json and test.json: how many there are.
var readTallyQA = byImage(each("", func(_ int, q struct {
	Image    string   `json:"image"`
	ID       flexible `json:"question_id"`
	Question string   `json:"question"`
	Answer   int      `json:"answer"`
	Simple   *bool    `json:"issimple"`
}, _ Options) item {
	kind := ""
	if q.Simple != nil {
		kind = map[bool]string{true: "simple", false: "complex"}[*q.Simple]
	}
	return asking(q.Image, q.Image, question(string(q.ID), q.Question, kind, fmt.Sprint(q.Answer)))
}))

// readTextVQA reads the layouts that name their list data: TextVQA_0.5.1_*.json, ST-VQA's, DocVQA's *_v1.0.json and
// InfographicVQA's infographicsVQA_*.json. They differ in how they name the image and the question.
var readTextVQA = byImage(each("data", func(_ int, d struct {
	QuestionID flexible `json:"question_id"` // TextVQA, ST-VQA
	DocID      flexible `json:"questionId"`  // DocVQA, InfographicVQA
	Question   string   `json:"question"`
	ImageID    string   `json:"image_id"`         // TextVQA: the name without its ending
	FilePath   string   `json:"file_path"`        // ST-VQA
	Image      string   `json:"image"`            // DocVQA: with its folder
	LocalName  string   `json:"image_local_name"` // InfographicVQA
	Answers    []string `json:"answers"`
	Set        string   `json:"set_name"`
	DataSplit  string   `json:"data_split"`
}, _ Options) item {
	name := cmp.Or(d.LocalName, d.FilePath, d.Image)
	key := name
	if name == "" {
		name, key = d.ImageID+".jpg", d.ImageID
	}
	i := asking(key, name, question(string(d.QuestionID+d.DocID), d.Question, "", d.Answers...))
	i.sample.Split = d.Set + d.DataSplit
	return i
}))

// readOCRVQA reads OCR-VQA's dataset.json: book covers by id, questions and answers side by side; splits are 1, 2, 3.
var readOCRVQA = eachMember(func(id string, b struct {
	URL       string   `json:"imageURL"`
	Title     string   `json:"title"`
	Split     int      `json:"split"`
	Questions []string `json:"questions"`
	Answers   []string `json:"answers"`
}, _ Options) item {
	i := about(id, strings.Join([]string{id + ".jpg", id + ".gif", id + ".png"}, "|"))
	i.sample.Provenance.URL, i.sample.Split = b.URL, map[int]string{1: "train", 2: "val", 3: "test"}[b.Split]
	for n := range min(len(b.Questions), len(b.Answers)) {
		i.sample.Questions = append(i.sample.Questions, question(fmt.Sprintf("%s-%d", id, n), b.Questions[n], "", b.Answers[n]))
	}
	return i
})

// readChartQA reads ChartQA's *_human.json and *_augmented.json.
var readChartQA = byImage(each("", func(n int, q struct {
	Image string `json:"imgname"`
	Query string `json:"query"`
	Label string `json:"label"`
}, _ Options) item {
	return asking(q.Image, q.Image, question(fmt.Sprint(n), q.Query, "", q.Label))
}))
