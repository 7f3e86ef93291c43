package benchmarks

import (
	"cmp"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// readVizWiz reads VizWiz VQA's train.json, val.json, test.json: one question for each image.
var readVizWiz = each("", func(_ int, q struct {
	Image      words           `json:"image"`
	Question   words           `json:"question"`
	Answers    list[vqaAnswer] `json:"answers"`
	AnswerType words           `json:"answer_type"`
	Answerable words           `json:"answerable"` // 1 or 0
}, _ Options) item {
	name := q.Image.text
	i := about(name, name)
	i.askAnnotators(name, q.Question, q.AnswerType.text, q.Answers)
	i.detail(name, "answerable", q.Answerable)
	return i
})

// readGQA reads GQA's *_questions.json: questions by id.
var readGQA = eachMember(func(id string, q struct {
	ImageID    flexible       `json:"imageId"`
	Question   words          `json:"question"`
	Answer     words          `json:"answer"`
	Types      types          `json:"types"`
	Balanced   words          `json:"isBalanced"`
	Groups     groups         `json:"groups"`
	Entailed   list[flexible] `json:"entailed"`
	Equivalent list[flexible] `json:"equivalent"`
	Semantic   list[step]     `json:"semantic"`
}, _ Options) item {
	i := about(string(q.ImageID), openImagesNames(string(q.ImageID))...)
	i.ask(id, q.Question, q.Types.structural, q.Answer)
	i.detail(id, "semantic", words{text: q.Types.semantic})
	i.detail(id, "detailed", words{text: q.Types.detailed})
	i.detail(id, "entailed", q.Entailed.json())
	i.detail(id, "equivalent", q.Equivalent.json())
	i.detail(id, "balanced", q.Balanced)
	i.detail(id, "group", q.Groups.global)
	i.detail(id, "steps", reasoningSteps(q.Semantic))
	return i
})

// step is a step of the program that answers a question of GQA.
type step struct {
	Operation words `json:"operation"`
	Argument  words `json:"argument"`
}

// reasoningSteps counts the steps as GQA's eval.py does: without the last one, which only reads off
// the answer.
func reasoningSteps(program list[step]) words {
	if len(program.items) == 0 {
		return words{}
	}
	n := 0
	for _, s := range program.items {
		text := s.Operation.text + ": " + s.Argument.text
		if !strings.Contains(text, "exist") && !strings.Contains(text, "query: name") && !strings.Contains(text, "choose name") {
			n++
		}
	}
	return words{text: fmt.Sprint(n)}
}

// types is the field types of a question of GQA.
type types struct{ structural, semantic, detailed string }

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (t *types) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	var of struct{ Structural, Semantic, Detailed words }
	if err == nil && v.Kind() == '{' && decode(v, &of) == nil {
		t.structural, t.semantic, t.detailed = of.Structural.text, of.Semantic.text, of.Detailed.text
	}
	return err
}

// groups is the field groups of a question of GQA.
type groups struct{ global words }

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (g *groups) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	var of struct{ Global words }
	if err == nil && v.Kind() == '{' && decode(v, &of) == nil {
		g.global = of.Global
	}
	return err
}

// easyQuestion is a list [question, answer, number of the image].
type easyQuestion struct {
	text, answer words
	image        flexible
}

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (q *easyQuestion) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	var parts []jsontext.Value
	if v.Kind() != '[' || jsonv2.Unmarshal(v, &parts, options) != nil || len(parts) != 3 {
		return jsonerr.Expected(errEasy, v)
	}
	for n, into := range []any{&q.text, &q.answer, &q.image} {
		if err := decode(parts[n], into); err != nil {
			return jsonerr.Expected(errEasy, v)
		}
	}
	return nil
}

var errEasy = errors.New("a list of question, answer and number of the image")

// readEasyQuestions reads easy-VQA's questions.json. Each split numbers its images from 0, so keys
// begin with the split if there is one.
var readEasyQuestions = each("", func(n int, q easyQuestion, o Options) item {
	if q.image == "" {
		return item{}
	}
	name := string(q.image) + ".png"
	i := about(path.Join(o.Split, name), name)
	i.ask(fmt.Sprint(n), q.text, "", q.answer)
	return i
})

// readTallyQA reads TallyQA's train.json and test.json: counting questions.
var readTallyQA = each("", func(_ int, q struct {
	Image    words    `json:"image"`
	ID       flexible `json:"question_id"`
	Question words    `json:"question"`
	Answer   words    `json:"answer"`
	Simple   words    `json:"issimple"`
	Source   words    `json:"data_source"`
}, _ Options) item {
	i := about(q.Image.text, q.Image.text)
	if number := cocoNumber(q.Image.text); number != "" {
		i.images[0] = append(i.images[0], cocoNames(number, "")...)
	}
	i.ask(string(q.ID), q.Question, map[string]string{"true": "simple", "false": "complex"}[strings.ToLower(q.Simple.text)], q.Answer)
	i.detail(string(q.ID), "data_source", q.Source)
	return i
})

// readTextVQA reads the layouts with a list named data: TextVQA_0.5.1_*.json, ST-VQA's, DocVQA's
// *_v1.0.json and InfographicVQA's infographicsVQA_*.json. They differ in the fields for the image
// and the question.
var readTextVQA = each("data", func(_ int, d struct {
	QuestionID    flexible    `json:"question_id"` // TextVQA, ST-VQA
	DocID         flexible    `json:"questionId"`  // DocVQA, InfographicVQA
	Question      words       `json:"question"`
	ImageID       flexible    `json:"image_id"`         // TextVQA: the name without its extension
	FilePath      words       `json:"file_path"`        // ST-VQA
	Image         words       `json:"image"`            // DocVQA: with its folder
	LocalName     words       `json:"image_local_name"` // InfographicVQA
	Answers       list[words] `json:"answers"`
	Set           words       `json:"set_name"`
	DataSplit     words       `json:"data_split"`
	QuestionTypes list[words] `json:"question_types"` // DocVQA
	AnswerType    list[words] `json:"answer_type"`    // InfographicVQA
	Evidence      list[words] `json:"evidence"`
	Operation     list[words] `json:"operation/reasoning"`
	Dataset       words       `json:"dataset"` // ST-VQA: where the image is from
}, _ Options) item {
	key := cmp.Or(d.LocalName.text, d.FilePath.text, d.Image.text)
	i := about(key, key)
	if key == "" {
		i = about(string(d.ImageID), openImagesNames(string(d.ImageID), "train_images", "test_images")...)
	}
	if number := cocoNumber(key); number != "" { // some of ST-VQA's
		i.images[0] = append(i.images[0], cocoNames(number, "")...)
	}
	id := string(cmp.Or(d.QuestionID, d.DocID))
	i.ask(id, d.Question, "", d.Answers.items...)
	i.lose(shards.LeftAnswer, fmt.Sprintf("%s: answers to question %s", i.sample.Key, id), d.Answers.bad, d.Answers.fault)
	i.sample.Split = cmp.Or(d.Set.text, d.DataSplit.text)
	i.detail(id, "question_types", d.QuestionTypes.json())
	i.detail(id, "answer_type", d.AnswerType.json())
	i.detail(id, "evidence", d.Evidence.json())
	i.detail(id, "operation", d.Operation.json())
	i.detail(id, "dataset", d.Dataset)
	return i
})

// readOCRVQA reads OCR-VQA's dataset.json: book covers by id, with parallel lists of questions and
// answers. The splits are 1, 2 and 3.
var readOCRVQA = eachMember(func(id string, b struct {
	URL       words       `json:"imageURL"`
	Title     words       `json:"title"`
	Split     flexible    `json:"split"`
	Questions list[words] `json:"questions"`
	Answers   list[words] `json:"answers"`
}, _ Options) item {
	i := about(id, id+".jpg", id+".gif", id+".png")
	i.sample.Provenance.URL = b.URL.text
	i.sample.Split = map[flexible]string{"1": "train", "2": "val", "3": "test"}[b.Split]
	if i.sample.Split == "" && b.Split != "" {
		i.leave(shards.LeftMetadata, "%s: split %s, expected 1, 2 or 3", id, b.Split)
	}
	for n, text := range b.Questions.items {
		number := fmt.Sprintf("%s-%d", id, n)
		if n < len(b.Answers.items) {
			i.ask(number, text, "", b.Answers.items[n])
			continue
		}
		i.ask(number, text, "")
		if b.Answers.given {
			i.leave(shards.LeftAnswer, "%s: question %s has no answer", id, number)
		}
	}
	if more := len(b.Answers.items) - len(b.Questions.items); more > 0 {
		i.lose(shards.LeftAnswer, id, more, fmt.Errorf("more answers than questions"))
	}
	i.lose(shards.LeftAnswer, id+": questions", b.Questions.bad, b.Questions.fault)
	i.lose(shards.LeftAnswer, id+": answers", b.Answers.bad, b.Answers.fault)
	return i
})

// readChartQA reads ChartQA's *_human.json or *_augmented.json, or the folder with both.
var readChartQA = inParts("origin", each("", func(n int, q struct {
	Image words `json:"imgname"`
	Query words `json:"query"`
	Label words `json:"label"`
}, _ Options) item {
	i := about(q.Image.text, q.Image.text)
	i.ask(fmt.Sprint(n), q.Query, "", q.Label)
	return i
}))
