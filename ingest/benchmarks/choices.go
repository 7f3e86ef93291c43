package benchmarks

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/shards"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// choose writes a multiple-choice question in one line, as "question (a) one (b) two".
func choose(text string, choices []words) string {
	var b strings.Builder
	b.WriteString(text)
	for i, choice := range choices {
		fmt.Fprintf(&b, " (%c) %s", 'a'+i, choice.text)
	}
	return b.String()
}

// askChoice adds a multiple-choice question with the right choice as its answer. It leaves out a
// question with a choice that has no text, because dropping the choice would rename the others.
func (i *item) askChoice(id string, text words, choices list[words], right flexible) {
	wrong := text.wrong()
	for n, choice := range choices.items {
		if wrong == "" && strings.TrimSpace(choice.text) == "" {
			wrong = fmt.Sprintf("choice %d has no text", n)
		}
	}
	if wrong == "" && choices.bad > 0 {
		wrong = choices.fault.Error()
	}
	if wrong != "" {
		i.leave(shards.LeftAnswer, "%s: question %s: %s", i.sample.Key, id, wrong)
		return
	}
	q := question(id, choose(text.text, choices.items), "multiple_choice")
	switch n, err := strconv.Atoi(string(right)); {
	case right == "": // of a test set
	case err != nil || n < 0 || n >= len(choices.items):
		i.leave(shards.LeftAnswer, "%s: answer to question %s: no choice %s", i.sample.Key, id, right)
	default:
		i.answer(&q, choices.items[n], "")
	}
	texts := list[words]{items: choices.items}
	i.detail(id, "choices", texts.json())
	i.sample.Questions = append(i.sample.Questions, q)
}

// diagram is the content of a file of AI2D.
type diagram struct {
	Image     words `json:"imageName"`
	Questions map[string]struct {
		ID      flexible    `json:"questionId"`
		Answers list[words] `json:"answerTexts"`
		Correct flexible    `json:"correctAnswer"`
		Letters words       `json:"abcLabel"` // the choices are letters that stand in the diagram
	} `json:"questions"`
}

// readAI2D reads the folder questions/ of AI2D: a file for each diagram, with questions by their
// text.
func readAI2D(_ context.Context, o Options) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		entries, err := os.ReadDir(o.Annotations)
		if err != nil {
			yield(item{}, fmt.Errorf("%w: AI2D's annotations are a folder of *.json: %w", errBroken, err))
			return
		}
		var others []shards.LeftOut
		some := false
		for _, entry := range entries {
			if path.Ext(entry.Name()) != ".json" || entry.IsDir() {
				others = addLeft(others, shards.LeftOut{Reason: shards.LeftFile, Name: entry.Name(), N: 1})
				continue
			}
			some = true
			d, err := load[diagram](filepath.Join(o.Annotations, entry.Name()))
			i := about(d.Image.text, d.Image.text)
			for _, text := range sortedKeys(d.Questions) {
				q := d.Questions[text]
				i.askChoice(string(q.ID), words{text: text, given: true}, q.Answers, q.Correct)
				i.detail(string(q.ID), "abc_label", q.Letters)
			}
			if err = i.checked(err); err != nil {
				err = fmt.Errorf("%s: %w", entry.Name(), err)
			}
			if !yield(i, err) {
				return
			}
		}
		if !some {
			yield(item{left: others}, fmt.Errorf("%w: no *.json in %s: AI2D's annotations are a folder of them", errBroken, baseName(o.Annotations)))
		} else if len(others) > 0 {
			yield(asideOf(others), nil)
		}
	}
}

// readScienceQA reads ScienceQA's problems.json. Problems without an image become samples without
// one.
var readScienceQA = eachMember(func(id string, p struct {
	Question words       `json:"question"`
	Choices  list[words] `json:"choices"`
	Answer   flexible    `json:"answer"`
	Hint     words       `json:"hint"`
	Image    words       `json:"image"`
	Split    words       `json:"split"`
	Subject  words       `json:"subject"`
	Solution words       `json:"solution"`
	Grade    words       `json:"grade"`
	Topic    words       `json:"topic"`
	Category words       `json:"category"`
}, _ Options) item {
	i := item{sample: shards.Sample{Key: id, Split: p.Split.text, Metadata: map[string]string{}}}
	if p.Image.text != "" {
		i.images = [][]string{{path.Join(p.Split.text, id, p.Image.text)}}
	}
	i.metadata("hint", p.Hint)
	i.metadata("subject", p.Subject)
	i.metadata("solution", p.Solution)
	i.metadata("grade", p.Grade)
	i.metadata("topic", p.Topic)
	i.metadata("category", p.Category)
	i.metadata("image", p.Image)
	i.askChoice(id, p.Question, p.Choices, p.Answer)
	return i
})

// aokvqaQuestion is an element of A-OKVQA's aokvqa_v1p0_*.json: a question with four choices and
// ten direct answers.
type aokvqaQuestion struct {
	ID        flexible    `json:"question_id"`
	ImageID   flexible    `json:"image_id"`
	Question  words       `json:"question"`
	Choices   list[words] `json:"choices"`
	Correct   flexible    `json:"correct_choice_idx"`
	Direct    list[words] `json:"direct_answers"`
	Difficult words       `json:"difficult_direct_answer"`
	Split     words       `json:"split"`
}

// about returns the item of the question's image, and false without the name of one.
func (q *aokvqaQuestion) about() (item, bool) {
	names := cocoNames(string(q.ImageID), "")
	if len(names) == 0 {
		return item{}, false
	}
	i := about(names[0], names...)
	i.sample.Split = q.Split.text
	return i, true
}

// right returns the right choice, and false for a question of a test set.
func (q *aokvqaQuestion) right() (words, bool) {
	n, err := strconv.Atoi(string(q.Correct))
	if err != nil || n < 0 || n >= len(q.Choices.items) {
		return words{}, false
	}
	return q.Choices.items[n], true
}

// details adds what a dataset has in the metadata.
func (q *aokvqaQuestion) details(i *item) {
	id := string(q.ID)
	i.detail(id, "choices", q.Choices.json())
	if right, ok := q.right(); ok {
		i.detail(id, "correct_choice", right)
	}
	i.detail(id, "difficult_direct_answer", q.Difficult)
}

// readAOKVQA reads A-OKVQA. The answers of the sample are the direct answers.
var readAOKVQA = each("", func(_ int, q aokvqaQuestion, _ Options) item {
	i, ok := q.about()
	if !ok {
		return item{}
	}
	id := string(q.ID)
	i.ask(id, q.Question, "", q.Direct.items...)
	i.lose(shards.LeftAnswer, fmt.Sprintf("%s: answers to question %s", i.sample.Key, id), q.Direct.bad, q.Direct.fault)
	q.details(&i)
	return i
})

// Between a question of A-OKVQA and its choices, and between these, as PaliGemma was trained
// (big_vision, configs/proj/paligemma/transfers/aokvqa_mc.py).
const (
	chooseFrom     = " choose from: "
	betweenChoices = " \t "
)

// readAOKVQAChoices reads A-OKVQA as PaliGemma's transfer to its multiple choice does: the choices
// follow the question, and the answer of the sample is the right choice.
var readAOKVQAChoices = each("", func(_ int, q aokvqaQuestion, _ Options) item {
	i, ok := q.about()
	if !ok {
		return item{}
	}
	id := string(q.ID)
	if q.Choices.bad > 0 || len(q.Choices.items) == 0 || slices.ContainsFunc(q.Choices.items, func(w words) bool { return w.wrong() != "" }) {
		i.leave(shards.LeftAnswer, "%s: question %s: a choice has no text, or there is none", i.sample.Key, id)
		return i
	}
	texts := make([]string, len(q.Choices.items))
	for n, choice := range q.Choices.items {
		texts[n] = choice.text
	}
	text := q.Question
	if text.wrong() == "" {
		text.text += chooseFrom + strings.Join(texts, betweenChoices)
	}
	var answers []words
	if right, ok := q.right(); ok {
		answers = append(answers, right)
	}
	i.ask(id, text, "multiple_choice", answers...)
	q.details(&i)
	return i
})

// readPOPE reads POPE's files of questions, such as coco_pope_random.json, or the folder with them:
// each line asks whether an object is in an image of COCO.
func readPOPE(ctx context.Context, o Options) iter.Seq2[item, error] {
	return inParts("category", readPOPEFile)(ctx, o)
}

func readPOPEFile(ctx context.Context, o Options) iter.Seq2[item, error] {
	type question struct {
		ID    flexible `json:"question_id"`
		Image words    `json:"image"`
		Text  words    `json:"text"`
		Label words    `json:"label"`
	}
	return eachLine(ctx, o.Annotations, func(q question) (item, error) {
		i := about(q.Image.text, q.Image.text)
		if number := cocoNumber(q.Image.text); number != "" {
			i.images[0] = append(i.images[0], cocoNames(number, "")...)
		}
		i.ask(string(q.ID), q.Text, "yes_no", q.Label)
		return i, nil
	})
}

// nlvrImages is the number of images of a sentence of NLVR: the orders of the same three boxes.
const nlvrImages = 6

// readNLVR reads NLVR's train.json, dev.json and test.json: each line is a statement about an
// image, which exists six times with its boxes in another order. An identifier such as 72-0 names
// the images SPLIT-72-0-0.png to SPLIT-72-0-5.png in a numbered folder; the split is the file's
// name. A question is named by its image, without the split.
func readNLVR(ctx context.Context, o Options) iter.Seq2[item, error] {
	split := strings.TrimSuffix(baseName(o.Annotations), ".json")
	return func(yield func(item, error) bool) {
		var s statement
		for i, err := range eachLine(ctx, o.Annotations, func(v statement) (item, error) { s = v; return about(v.ID.text), nil }) {
			for n := range nlvrImages {
				if err == nil {
					name := fmt.Sprintf("%s-%s-%d.png", split, s.ID.text, n)
					i = about(name, path.Join(string(s.Directory), name), name, path.Join("images", string(s.Directory), name), path.Join(split, "images", string(s.Directory), name))
					i.ask(fmt.Sprintf("%s-%d", s.ID.text, n), s.Sentence, "true_false", s.label())
				}
				if !yield(i, err) {
					return
				}
				if err != nil {
					break
				}
			}
		}
	}
}

// statement is a line of NLVR or NLVR2.
type statement struct {
	ID        words    `json:"identifier"`
	Sentence  words    `json:"sentence"`
	Label     words    `json:"label"`
	Directory flexible `json:"directory"`
}

// label returns the label as a text: some tools write JSON true and false.
func (s *statement) label() words {
	if s.Label.fault != "" && (s.Label.text == "true" || s.Label.text == "false") {
		s.Label.text = strings.ToUpper(s.Label.text[:1]) + s.Label.text[1:]
	}
	return s.Label
}

// readNLVR2 reads NLVR2's *.json: each line is a statement about two images. An identifier such as
// dev-850-0-1 names the images dev-850-0-img0.png and dev-850-0-img1.png. They are in a folder for
// the set, and for train in numbered folders.
func readNLVR2(ctx context.Context, o Options) iter.Seq2[item, error] {
	return eachLine(ctx, o.Annotations, func(s statement) (item, error) {
		cut := strings.LastIndexByte(s.ID.text, '-')
		if cut < 0 {
			return item{sample: shards.Sample{Key: s.ID.text}}, fmt.Errorf("identifier %q does not name two images, as dev-850-0-1 does", s.ID.text)
		}
		set, _, _ := strings.Cut(s.ID.text, "-")
		i := item{sample: shards.Sample{Key: s.ID.text}}
		for _, end := range []string{"-img0.png", "-img1.png"} {
			name := s.ID.text[:cut] + end
			names := []string{name, path.Join(set, name), path.Join(set, string(s.Directory), name), path.Join("images", set, string(s.Directory), name)}
			i.images = append(i.images, slices.Compact(names))
		}
		i.ask(s.ID.text, s.Sentence, "true_false", s.label())
		return i, nil
	})
}
