// Command vqav2 writes files in the form of VQA v2.0's validation set, to measure how fast they are
// scored:
//
//	vqav2 make FOLDER   write annotations.json, questions.json and predictions.json
//
// They have 214,354 questions about 40,504 images with ten answers each. The shares of the types of
// answers are those of the owner's files; the answers are drawn, with a few in odd forms that the
// rules of normalisation change. compare.py scores them with pali3 and with the owner's script.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pali3/pali3/random"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "vqav2:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 || args[0] != "make" {
		return errors.New("want make FOLDER")
	}
	if err := os.MkdirAll(args[1], 0o777); err != nil {
		return err
	}
	f, err := create(args[1], "annotations.json", "questions.json", "predictions.json")
	if err != nil {
		return err
	}
	f.write()
	return f.close()
}

// Sizes of the validation set of VQA v2.0.
const (
	questions = 214_354
	images    = 40_504
	answers   = 10
)

// files are the files that are written.
type files struct {
	files                               []*os.File
	annotations, questions, predictions *bufio.Writer
}

func create(dir string, names ...string) (*files, error) {
	f := &files{}
	var to []*bufio.Writer
	for _, name := range names {
		file, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		f.files, to = append(f.files, file), append(to, bufio.NewWriterSize(file, 1<<20))
	}
	f.annotations, f.questions, f.predictions = to[0], to[1], to[2]
	return f, nil
}

func (f *files) close() error {
	all := []error{f.annotations.Flush(), f.questions.Flush(), f.predictions.Flush()}
	for _, file := range f.files {
		all = append(all, file.Close())
	}
	return errors.Join(all...)
}

const info = `"info": {"description": "Files in the form of VQA v2.0 for measurements.", "version": "2.0"}, "license": {"name": "none"}, "data_subtype": "val2014", "data_type": "mscoco"`

func (f *files) write() {
	fmt.Fprintf(f.annotations, `{%s, "annotations": [`, info)
	fmt.Fprintf(f.questions, `{%s, "task_type": "Open-Ended", "questions": [`, info)
	f.predictions.WriteString("[")
	draw := random.New(20261130)
	order := draw.Perm(images) // the owner's files are in no order of the ids either
	for n := range questions {
		if n > 0 {
			f.annotations.WriteString(", ")
			f.questions.WriteString(", ")
			f.predictions.WriteString(", ")
		}
		f.question(n, order[n*images/questions], draw)
	}
	f.annotations.WriteString("]}")
	f.questions.WriteString("]}")
	f.predictions.WriteString("]")
}

// question writes a question about an image, its annotation and its prediction.
func (f *files) question(n, of int, draw *random.Stream) {
	image := 42 + of*14
	id := image*1000 + n%16
	is := drawType(draw)
	right := is.draw(draw)
	given := make([]string, answers)
	for i := range given {
		if given[i] = right; draw.Float64() > is.agree {
			given[i] = is.draw(draw)
		}
	}
	prediction := right
	if draw.Float64() > 0.55 {
		prediction = is.draw(draw)
	}
	fmt.Fprintf(f.annotations, `{"question_type": %s, "multiple_choice_answer": %s, "answers": [`, quoted(is.questions[draw.IntN(len(is.questions))]), quoted(right))
	for i, answer := range given {
		if i > 0 {
			f.annotations.WriteString(", ")
		}
		fmt.Fprintf(f.annotations, `{"answer": %s, "answer_confidence": %s, "answer_id": %d}`, quoted(answer), quoted(confidences[draw.IntN(len(confidences))]), i+1)
	}
	fmt.Fprintf(f.annotations, `], "image_id": %d, "answer_type": %s, "question_id": %d}`, image, quoted(is.name), id)
	fmt.Fprintf(f.questions, `{"image_id": %d, "question": %s, "question_id": %d}`, image, quoted(is.text(draw)), id)
	fmt.Fprintf(f.predictions, `{"question_id": %d, "answer": %s}`, id, quoted(prediction))
}

// confidences of annotators, of which most are sure.
var confidences = []string{"yes", "yes", "yes", "yes", "yes", "yes", "maybe", "maybe", "no"}

// answerType is a type of answers, with its share of the questions.
type answerType struct {
	name      string
	share     float64
	agree     float64 // share of the annotators that give the most frequent answer
	questions []string
	draw      func(*random.Stream) string
}

var types = []answerType{
	{"yes/no", 0.376, 0.85, []string{"is the", "are the", "is there a", "does the", "is this a", "do", "can you"}, func(draw *random.Stream) string {
		return []string{"yes", "no", "yes", "no", "yes", "no", "Yes", "no."}[draw.IntN(8)]
	}},
	{"number", 0.131, 0.6, []string{"how many", "how many people are", "what number is", "what time"}, func(draw *random.Stream) string {
		if draw.IntN(8) == 0 {
			return []string{"two", "one", "many", "0 ", "2:30", "1,000", "lot's"}[draw.IntN(7)]
		}
		return strconv.Itoa(rank(draw, 60))
	}},
	{"other", 1, 0.5, []string{"what is the", "what color is the", "what kind of", "where is the", "why", "none of the above", "what"}, func(draw *random.Stream) string {
		switch draw.IntN(20) {
		case 0:
			return "the " + word(draw)
		case 1:
			return word(draw) + " and " + word(draw)
		case 2:
			return "it's a " + word(draw)
		case 3:
			return word(draw) + "-" + word(draw)
		case 4:
			return word(draw) + "/" + word(draw)
		}
		return word(draw)
	}},
}

func drawType(draw *random.Stream) *answerType {
	at := draw.Float64()
	for n := range types {
		if at -= types[n].share; at < 0 {
			return &types[n]
		}
	}
	return &types[len(types)-1]
}

// text returns a question of that type.
func (t *answerType) text(draw *random.Stream) string {
	text := t.questions[draw.IntN(len(t.questions))]
	for range 6 {
		text += " " + word(draw)
	}
	return text + "?"
}

// rank draws a number below n, of which low ones are frequent.
func rank(draw *random.Stream, n int) int {
	u := draw.Float64()
	return int(u * u * u * float64(n))
}

// word draws one of 20,000 words.
func word(draw *random.Stream) string {
	const consonants, vowels, words = "bcdfghklmnprstvw", "aeiou", 20_000
	n, text := rank(draw, words), ""
	for ; n > 0 || text == ""; n /= len(consonants) * len(vowels) {
		at := n % (len(consonants) * len(vowels))
		text += string(consonants[at/len(vowels)]) + string(vowels[at%len(vowels)])
	}
	return text
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // of a string, which has no error
	return string(b)
}
