package benchmarks

import (
	"encoding/json"
	"fmt"
	"iter"
	"path"
	"strings"

	"github.com/pali3/pali3/shards"
)

// vqaQuestions and vqaAnnotations are the two files of VQA v2, and of OK-VQA.
type vqaQuestions struct {
	SubType   string `json:"data_subtype"` // for example val2014
	Questions []struct {
		ID      int64  `json:"question_id"`
		ImageID int64  `json:"image_id"`
		Text    string `json:"question"`
	} `json:"questions"`
}

type vqaAnnotations struct {
	Annotations []struct {
		QuestionID   int64       `json:"question_id"`
		QuestionType flexible    `json:"question_type"`
		AnswerType   string      `json:"answer_type"`
		Answers      []vqaAnswer `json:"answers"`
	} `json:"annotations"`
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
func readVQA(o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		questionsFile := o.Questions
		if questionsFile == "" {
			questionsFile = o.Annotations
		}
		questions, err := load[vqaQuestions](questionsFile)
		if err != nil {
			yield(item{}, err)
			return
		}
		annotations := vqaAnnotations{}
		if o.Questions != "" {
			if annotations, err = load[vqaAnnotations](o.Annotations); err != nil {
				yield(item{}, err)
				return
			}
		}
		at := map[int64]int{}
		for i, a := range annotations.Annotations {
			at[a.QuestionID] = i
		}
		var all byImage
		for _, q := range questions.Questions {
			name := fmt.Sprintf("COCO_%s_%012d.jpg", questions.SubType, q.ImageID)
			i := all.of(name, fmt.Sprintf("%s|%s/%s|%012d.jpg", name, questions.SubType, name, q.ImageID))
			asked := shards.Question{ID: fmt.Sprint(q.ID), Text: q.Text, Language: "en"}
			if n, there := at[q.ID]; there {
				a := annotations.Annotations[n]
				asked.Kind, asked.Answers = a.AnswerType, confident(a.Answers)
			}
			i.sample.Questions = append(i.sample.Questions, asked)
		}
		all.yield(func(i item) bool { return yield(i, nil) })
	}
}

// readVizWiz reads VizWiz VQA's train.json, val.json, test.json: a question for each image.
var readVizWiz = of(func(all []struct {
	Image      string      `json:"image"`
	Question   string      `json:"question"`
	Answers    []vqaAnswer `json:"answers"`
	AnswerType string      `json:"answer_type"`
}, _ Options, yield func(item) bool) {
	for _, q := range all {
		i := item{images: []string{q.Image}, sample: shards.Sample{Key: q.Image}}
		i.sample.Questions = []shards.Question{{ID: q.Image, Text: q.Question, Language: "en", Kind: q.AnswerType, Answers: confident(q.Answers)}}
		if !yield(i) {
			return
		}
	}
})

// readGQA reads GQA's *_questions.json: questions by id.
var readGQA = of(func(f map[string]struct {
	ImageID  string                      `json:"imageId"`
	Question string                      `json:"question"`
	Answer   string                      `json:"answer"`
	Types    struct{ Structural string } `json:"types"`
}, _ Options, yield func(item) bool) {
	var all byImage
	for _, id := range sortedKeys(f) {
		q := f[id]
		i := all.of(q.ImageID, q.ImageID+".jpg")
		i.sample.Questions = append(i.sample.Questions, question(id, q.Question, q.Types.Structural, q.Answer))
	}
	all.yield(yield)
})

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
var readEasyVQA = of(func(f []easyQuestion, o Options, yield func(item) bool) {
	var all byImage
	for n, q := range f {
		name := fmt.Sprintf("%d.png", q.image)
		i := all.of(path.Join(o.Split, name), name)
		i.sample.Questions = append(i.sample.Questions, question(fmt.Sprint(n), q.text, "", q.answer))
	}
	all.yield(yield)
})

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
var readTallyQA = of(func(f []struct {
	Image    string   `json:"image"`
	ID       flexible `json:"question_id"`
	Question string   `json:"question"`
	Answer   int      `json:"answer"`
	Simple   *bool    `json:"issimple"`
}, _ Options, yield func(item) bool) {
	var all byImage
	for _, q := range f {
		kind := ""
		if q.Simple != nil {
			kind = map[bool]string{true: "simple", false: "complex"}[*q.Simple]
		}
		i := all.of(q.Image, q.Image)
		i.sample.Questions = append(i.sample.Questions, question(string(q.ID), q.Question, kind, fmt.Sprint(q.Answer)))
	}
	all.yield(yield)
})

// readTextVQA reads the layouts that name their list data: TextVQA_0.5.1_*.json, ST-VQA's, DocVQA's *_v1.0.json and
// InfographicVQA's infographicsVQA_*.json. They differ in how they name the image and the question.
var readTextVQA = of(func(f struct {
	Data []struct {
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
	} `json:"data"`
}, _ Options, yield func(item) bool) {
	var all byImage
	for _, d := range f.Data {
		name, key := "", ""
		switch {
		case d.LocalName != "":
			name, key = d.LocalName, d.LocalName
		case d.FilePath != "":
			name, key = d.FilePath, d.FilePath
		case d.Image != "":
			name, key = d.Image, d.Image
		default:
			name, key = d.ImageID+".jpg", d.ImageID
		}
		i := all.of(key, name)
		i.sample.Split = d.Set + d.DataSplit
		i.sample.Questions = append(i.sample.Questions, question(string(d.QuestionID+d.DocID), d.Question, "", d.Answers...))
	}
	all.yield(yield)
})

// readOCRVQA reads OCR-VQA's dataset.json: book covers by id, questions and answers side by side; splits are 1, 2, 3.
var readOCRVQA = of(func(f map[string]struct {
	URL       string   `json:"imageURL"`
	Title     string   `json:"title"`
	Split     int      `json:"split"`
	Questions []string `json:"questions"`
	Answers   []string `json:"answers"`
}, _ Options, yield func(item) bool) {
	for _, id := range sortedKeys(f) {
		b := f[id]
		i := item{images: []string{strings.Join([]string{id + ".jpg", id + ".gif", id + ".png"}, "|")}, sample: shards.Sample{Key: id}}
		i.sample.Provenance.URL, i.sample.Split = b.URL, map[int]string{1: "train", 2: "val", 3: "test"}[b.Split]
		for n := range min(len(b.Questions), len(b.Answers)) {
			i.sample.Questions = append(i.sample.Questions, question(fmt.Sprintf("%s-%d", id, n), b.Questions[n], "", b.Answers[n]))
		}
		if !yield(i) {
			return
		}
	}
})

// readChartQA reads ChartQA's *_human.json and *_augmented.json.
var readChartQA = of(func(f []struct {
	Image string `json:"imgname"`
	Query string `json:"query"`
	Label string `json:"label"`
}, _ Options, yield func(item) bool) {
	var all byImage
	for n, q := range f {
		i := all.of(q.Image, q.Image)
		i.sample.Questions = append(i.sample.Questions, question(fmt.Sprint(n), q.Query, "", q.Label))
	}
	all.yield(yield)
})
