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
	images [][]string      // below the folder of images: for each image the names that it may have
	also   func() []string // names that the image may have if it has none of these; may be nil
	frames string          // or a folder there, whose images are the frames
	boxes  []box
	left   []shards.LeftOut // of what the file says of it
	aside  bool             // it is no record, and only tells of things left out
}

// maxLeft is how many things left out of an item are named, of each reason. The rest is counted.
const maxLeft = 8

// leave counts something that is left out of the item.
func (i *item) leave(reason, format string, args ...any) {
	i.left = addLeft(i.left, shards.LeftOut{Reason: reason, Name: fmt.Sprintf(format, args...), N: 1})
}

// addLeft adds something left out. What is over maxLeft is counted with the last of its reason.
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

// asideOf is an item that only tells of things left out.
func asideOf(left []shards.LeftOut) item { return item{aside: true, left: left} }

// about makes an item of one image, which may have any of the names.
func about(key string, names ...string) item {
	return item{sample: shards.Sample{Key: key}, images: [][]string{names}}
}

// errNoKey is the error of an item that names no image.
var errNoKey = errors.New("it names no image")

// checked is the item's error, if it has none of its own.
func (i *item) checked(err error) error {
	if err == nil && !i.aside && i.sample.Key == "" {
		return errNoKey
	}
	return err
}

// say adds a caption, or leaves it out. What names it.
func (i *item) say(language string, w words, what string) {
	if wrong := w.wrong(); wrong != "" {
		i.leave(shards.LeftText, "%s: %s", what, wrong)
		return
	}
	i.sample.Texts = append(i.sample.Texts, caption(language, strings.TrimSpace(w.text)))
}

// lose counts the elements of a list that are of another kind than they should be.
func (i *item) lose(reason, what string, n int, fault error) {
	if n > 0 {
		i.left = addLeft(i.left, shards.LeftOut{Reason: reason, Name: fmt.Sprintf("%s: %v", what, fault), N: int64(n)})
	}
}

// ask adds a question with its answers. One without a text is left out, and so is an answer
// without.
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

// answer adds an answer to a question, or leaves it out: a number is one, null and nothing are not.
// One that the file does not have, as in a test set, is not left out.
func (i *item) answer(q *shards.Question, a words, confidence string) {
	switch {
	case !a.given:
	case strings.TrimSpace(a.text) != "":
		q.Answers = append(q.Answers, shards.Answer{Text: a.text, Confidence: confidence})
	case a.fault != "":
		i.leave(shards.LeftAnswer, "%s: answer to question %s: found %s", i.sample.Key, q.ID, a.fault)
	default:
		i.leave(shards.LeftAnswer, "%s: answer to question %s: it is empty", i.sample.Key, q.ID)
	}
}

// question makes a question in English, without answers.
func question(id, text, kind string) shards.Question {
	return shards.Question{ID: id, Text: text, Language: "en", Kind: kind}
}

func caption(language, value string) shards.Text {
	return shards.Text{Kind: shards.Caption, Language: language, Value: value}
}

// metadata sets a value, unless it is empty. What is no text, number or truth value is left out.
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
