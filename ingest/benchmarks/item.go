package benchmarks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// item is a record before its images are read.
type item struct {
	sample shards.Sample
	id     string          // by which the owner's files and servers name the record, if not by its key
	fields []Field         // of questions
	images [][]string      // for each image the names that it may have below the folder of images
	also   func() []string // further names, if the image has none of these; may be nil
	frames string          // instead of images: a folder there, whose images are the frames
	boxes  []box
	left   []shards.LeftOut // things that were left out
	aside  bool             // not a record: it only has things left out
}

// maxLeft is the number of things left out of an item that are named, for each reason. Others are
// counted.
const maxLeft = 8

// leave counts a thing that is left out of the item.
func (i *item) leave(reason, format string, args ...any) {
	i.left = addLeft(i.left, shards.LeftOut{Reason: reason, Name: fmt.Sprintf(format, args...), N: 1})
}

// addLeft adds things left out. Beyond maxLeft it adds to the count of the last one with the
// reason.
func addLeft(left []shards.LeftOut, more ...shards.LeftOut) []shards.LeftOut {
	for _, l := range more {
		named, last := 0, 0
		for at := range left {
			if left[at].Reason == l.Reason {
				named, last = named+1, at
			}
		}
		if named >= maxLeft {
			left[last].N += max(1, l.N)
			continue
		}
		left = append(slices.Clip(left), l)
	}
	return left
}

// asideOf returns an item that only has things left out.
func asideOf(left []shards.LeftOut) item { return item{aside: true, left: left} }

// about returns an item with one image, which may have any of the names.
func about(key string, names ...string) item {
	return item{sample: shards.Sample{Key: key}, images: [][]string{names}}
}

// errNoKey is the error for an item that names no image.
var errNoKey = errors.New("it names no image")

// checked returns err, or errNoKey if the item has no key.
func (i *item) checked(err error) error {
	if err == nil && !i.aside && i.sample.Key == "" {
		return errNoKey
	}
	return err
}

// say adds a caption as it is written, or leaves it out if it is not a text. What names it in
// messages. White space around captions counts for a benchmark's score, in rare cases; a dataset
// has none, see trimmed.
func (i *item) say(language string, w words, what string) {
	if wrong := w.wrong(); wrong != "" {
		i.leave(shards.LeftText, "%s: %s", what, wrong)
		return
	}
	i.sample.Texts = append(i.sample.Texts, caption(language, w.text))
}

// trimmed drops the white space around texts.
func (i *item) trimmed() {
	for n := range i.sample.Texts {
		i.sample.Texts[n].Value = strings.TrimSpace(i.sample.Texts[n].Value)
	}
}

// lose counts n elements of a list that were of another kind than expected.
func (i *item) lose(reason, what string, n int, fault error) {
	if n > 0 {
		i.left = addLeft(i.left, shards.LeftOut{Reason: reason, Name: fmt.Sprintf("%s: %v", what, fault), N: int64(n)})
	}
}

// ask adds a question with its answers. It leaves out a question or an answer without a text.
func (i *item) ask(id string, text words, kind string, given ...words) {
	if wrong := text.wrong(); wrong != "" {
		i.leave(shards.LeftAnswer, "%s: question %s: %s", i.sample.Key, id, wrong)
		return
	}
	q := question(id, text.text, kind)
	for _, a := range given {
		i.answer(&q, a, "")
	}
	i.sample.Questions = append(i.sample.Questions, q)
}

// answer adds an answer to a question. A number is an answer. Null is not and is counted as left
// out. A missing field, as in a test set, is not counted. An empty answer is kept, because it
// counts when answers are scored; withoutEmpty removes it from a dataset.
func (i *item) answer(q *shards.Question, a words, confidence string) {
	switch {
	case !a.given:
	case a.text != "" || a.fault == "":
		q.Answers = append(q.Answers, shards.Answer{Text: a.text, Confidence: confidence})
	default:
		i.leave(shards.LeftAnswer, "%s: answer to question %s: found %s", i.sample.Key, q.ID, a.fault)
	}
}

// withoutEmpty removes empty answers and counts them as left out.
func (i *item) withoutEmpty() {
	for n := range i.sample.Questions {
		q := &i.sample.Questions[n]
		q.Answers = slices.DeleteFunc(q.Answers, func(a shards.Answer) bool {
			empty := strings.TrimSpace(a.Text) == ""
			if empty {
				i.leave(shards.LeftAnswer, "%s: answer to question %s: it is empty", i.sample.Key, q.ID)
			}
			return empty
		})
	}
}

// detail sets a field of a question, unless it is empty.
func (i *item) detail(question, name string, value words) {
	if value.text != "" {
		i.fields = append(i.fields, Field{question, name, value.text})
	}
}

// describe moves the fields of questions to the metadata, under NAME/QUESTION.
func (i *item) describe() {
	for _, f := range i.fields {
		i.metadata(f.Name+"/"+f.Question, words{text: f.Value})
	}
	i.fields = nil
}

// question returns a question in English without answers.
func question(id, text, kind string) shards.Question {
	return shards.Question{ID: id, Text: text, Language: "en", Kind: kind}
}

func caption(language, value string) shards.Text {
	return shards.Text{Kind: shards.Caption, Language: language, Value: value}
}

// metadata sets a value, unless it is empty. It leaves out a value that is not a text, number or
// boolean.
func (i *item) metadata(name string, w words) {
	if w.text == "" {
		if w.fault != "" && w.fault != jsonerr.Kind('n') {
			i.leave(shards.LeftMetadata, "%s: %s: found %s", i.sample.Key, name, w.fault)
		}
		return
	}
	if i.sample.Metadata == nil {
		i.sample.Metadata = map[string]string{}
	}
	i.sample.Metadata[name] = w.text
}
