package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// clevrStep is a step of the program that answers a question of CLEVR.
type clevrStep struct {
	Function words `json:"function"`
	Type     words `json:"type"` // in files of CLEVR-CoGenT and later
}

// readCLEVR reads CLEVR_*_questions.json. The kind of a question is the last step of its program,
// such as count or query_color.
var readCLEVR = each("questions", func(_ int, q struct {
	Image    words           `json:"image_filename"`
	Index    flexible        `json:"question_index"`
	Question words           `json:"question"`
	Answer   words           `json:"answer"`
	Split    words           `json:"split"`
	Program  list[clevrStep] `json:"program"`
}, _ Options) item {
	i := about(q.Image.text, q.Image.text, path.Join(q.Split.text, q.Image.text), path.Join("images", q.Split.text, q.Image.text))
	i.sample.Split = q.Split.text
	kind := ""
	if n := len(q.Program.items); n > 0 {
		if kind = q.Program.items[n-1].Function.text; kind == "" {
			kind = q.Program.items[n-1].Type.text
		}
	}
	i.ask(string(q.Index), q.Question, kind, q.Answer)
	return i
})

// readVSR reads VSR's *.jsonl: each line is a statement about two objects in an image of COCO, with
// the label 1 if it is true. Statements are named by their line, from 0.
func readVSR(ctx context.Context, o Options) iter.Seq2[item, error] {
	type statement struct {
		Image    words    `json:"image"`
		Caption  words    `json:"caption"`
		Label    flexible `json:"label"`
		Relation words    `json:"relation"`
	}
	n := -1
	return eachLine(ctx, o.Annotations, func(s statement) (item, error) {
		n++
		i := about(s.Image.text, s.Image.text)
		if number := cocoNumber(s.Image.text); number != "" {
			i.images[0] = append(i.images[0], cocoNames(number, "")...)
		}
		label := words{}
		switch s.Label {
		case "1", "true":
			label = words{text: "True", given: true}
		case "0", "false":
			label = words{text: "False", given: true}
		case "":
		default:
			label = words{given: true, fault: fmt.Sprintf("%q, which is neither 0 nor 1", string(s.Label))}
		}
		i.ask(fmt.Sprint(n), s.Caption, "true_false", label)
		i.detail(fmt.Sprint(n), "relation", s.Relation)
		return i, nil
	})
}

// readVideoQA reads the questions of MSR-VTT-QA and MSVD-QA (train_qa.json, val_qa.json,
// test_qa.json). The frames of a video are the images in the folder named after it, video7010 or
// vid1451.
var readVideoQA = each("", func(_ int, q struct {
	ID       flexible `json:"id"`
	VideoID  flexible `json:"video_id"`
	Video    words    `json:"video"`
	Question words    `json:"question"`
	Answer   words    `json:"answer"`
}, o Options) item {
	name := strings.TrimSuffix(q.Video.text, path.Ext(q.Video.text))
	if name == "" && q.VideoID != "" {
		name = map[string]string{"msrvtt-qa": "video", "msvd-qa": "vid"}[o.Layout] + strings.TrimPrefix(string(q.VideoID), "video")
	}
	i := item{frames: name}
	i.sample.Key = name
	kind, _, _ := strings.Cut(strings.TrimSpace(q.Question.text), " ")
	i.ask(string(q.ID), q.Question, strings.ToLower(kind), q.Answer)
	return i
})

// activityQuestion is an element of ActivityNet-QA's files: the questions have the video, the
// answers the answer and its type.
type activityQuestion struct {
	ID       words    `json:"question_id"`
	Video    words    `json:"video_name"`
	Question words    `json:"question"`
	Answer   words    `json:"answer"`
	Type     flexible `json:"type"`
}

// activityTypes are the types of answers in ActivityNet-QA, by number.
var activityTypes = []string{"motion", "spatial", "temporal", "yes_no", "color", "object", "location", "number", "other"}

// readActivityNetQA reads ActivityNet-QA's answers (test_a.json) and its questions (test_q.json).
// The frames of a video are the images in the folder v_NAME.
func readActivityNetQA(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		asked := map[string]activityQuestion{}
		if o.Questions != "" {
			for q, err := range elements[activityQuestion](ctx, o.Questions, "") {
				if err != nil {
					yield(item{}, err)
					return
				}
				asked[q.ID.text] = q
			}
		}
		for a, err := range elements[activityQuestion](ctx, o.Annotations, "") {
			i := item{}
			if err == nil {
				q, ok := asked[a.ID.text]
				if !ok && o.Questions != "" {
					err = fmt.Errorf("question %s is not in %s", a.ID.text, baseName(o.Questions))
				}
				if o.Questions == "" {
					q = a
					if q.Video.text == "" { // v_1QIUV7WYKXg_3
						q.Video.text = a.ID.text[:max(0, strings.LastIndexByte(a.ID.text, '_'))]
					}
					if q.Question.text == "" {
						q.Question = words{text: "?", given: true}
					}
				}
				name := "v_" + strings.TrimPrefix(q.Video.text, "v_")
				i = item{frames: name}
				i.sample.Key = name
				i.ask(a.ID.text, q.Question, activityType(a.Type), a.Answer)
			}
			if !yield(i, i.checked(err)) {
				return
			}
		}
	}
}

// activityType names a type of answers.
func activityType(number flexible) string {
	for n, name := range activityTypes {
		if string(number) == fmt.Sprint(n) {
			return name
		}
	}
	return string(number)
}

// readNExTQA reads NExT-QA's multiple-choice CSV (test.csv with the columns a0 to a4). A question
// is named by its video and number, as in 4010069381_0. The frames of a video are the images in the
// folder named after it.
var readNExTQA = eachRow("video question qid a0 a1", func(_ int, r tableRow, o Options) (item, error) {
	name := r.text("video").text
	i := item{frames: name}
	i.sample.Key, i.sample.Split = name, o.Split
	id := name + "_" + r.text("qid").text
	choices := list[words]{}
	for _, column := range []string{"a0", "a1", "a2", "a3", "a4"} {
		if w := r.text(column); w.text != "" {
			choices.items = append(choices.items, w)
		}
	}
	i.askChoice(id, r.text("question"), choices, flexible(r.id("answer")))
	i.detail(id, "type", r.text("type"))
	return i, nil
})

// readNExTOE reads NExT-QA's open-ended CSV (doc-doc/NExT-OE, dataset/nextqa/test.csv). Questions
// are named as in readNExTQA. The test set has a second right answer of most questions in the file
// add_reference_answer_test.json, which is read if it is beside the CSV.
func readNExTOE(ctx context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		var second map[string]map[string]words
		if beside := secondAnswers(o); beside != "" {
			var err error
			if second, err = load[map[string]map[string]words](beside); err != nil {
				yield(item{}, fmt.Errorf("%w: %w", errBroken, err))
				return
			}
		}
		rows := eachRow("video question qid answer type", func(_ int, r tableRow, o Options) (item, error) {
			if _, choices := r["a0"]; choices {
				return item{}, errors.New("it has the choices a0, a1, ...: read it as nextqa")
			}
			name, qid := r.text("video").text, r.text("qid").text
			i := item{frames: name}
			i.sample.Key, i.sample.Split = name, o.Split
			id := name + "_" + qid
			right := []words{r.text("answer")}
			if more, ok := second[name][qid]; ok {
				right = append(right, more)
			}
			i.ask(id, r.text("question"), "", right...)
			i.detail(id, "type", r.text("type"))
			return i, nil
		})
		rows(ctx, o)(yield)
	}
}

// secondAnswers returns the path of the file with second answers beside NExT-OE's CSV, or "".
func secondAnswers(o Options) string {
	stem, _, _ := strings.Cut(filepath.Base(o.Annotations), ".")
	beside := filepath.Join(filepath.Dir(o.Annotations), "add_reference_answer_"+stem+".json")
	if info, err := os.Stat(beside); err != nil || info.IsDir() {
		return ""
	}
	return beside
}
