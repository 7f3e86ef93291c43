package benchmarks

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/pali3/pali3/internal/jsonscan"
	"github.com/pali3/pali3/internal/numbering"
	"github.com/pali3/pali3/shards"
)

// vqaRecords yields the annotations of VQA v2 and OK-VQA, with the texts of the questions if there
// is a file of them. The files have hundreds of thousands of questions with ten answers each, so
// records in the usual form are read without reflection. Others are read as readVQA reads them.
func vqaRecords(ctx context.Context, o Options) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		asked, err := readVQATexts(ctx, o.Questions)
		if err != nil {
			yield(Record{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		file, err := jsonscan.Open(o.Annotations)
		if err != nil {
			yield(Record{}, fmt.Errorf("%w: %w", errBroken, err))
			return
		}
		defer file.Close()
		file.Limit = maxElement
		r := vqaReader{options: o, asked: asked, strings: newInterner()}
		stopped := false
		err = file.Lists(ctx, "annotations", func(s *jsonscan.Scanner) error {
			err := r.read(s)
			if err != nil && !r.whole {
				return err // of a record that is not complete
			}
			if stopped = !yield(r.record, err); stopped {
				return errStopped
			}
			return nil
		}, nil)
		if err != nil && !stopped {
			yield(Record{}, fmt.Errorf("%w: %w", errBroken, err))
		}
	}
}

var errStopped = fmt.Errorf("stopped")

// vqaText is a question without its answers.
type vqaText struct{ id, text, image string }

// vqaTexts holds the questions of a file, mostly in the order of the annotations.
type vqaTexts struct {
	all  []vqaText
	ids  *numbering.Names // the number of an id is the place of its question
	next int              // where the question of the next annotation is expected
}

// expected returns the question that the next annotation is probably about.
func (t *vqaTexts) expected() *vqaText {
	if t == nil || t.next >= len(t.all) {
		return &vqaText{}
	}
	return &t.all[t.next]
}

// take returns the question with an id.
func (t *vqaTexts) take(id string) (*vqaText, bool) {
	if t.next >= len(t.all) || t.all[t.next].id != id {
		at, ok := t.ids.Number(id)
		if !ok {
			return nil, false
		}
		t.next = at
	}
	t.next++
	return &t.all[t.next-1], true
}

// bytesOfQuestion is a little less than the size of a question in a file.
const bytesOfQuestion = 96

// readVQATexts returns the questions of a file by id, or nil without a file.
func readVQATexts(ctx context.Context, path string) (*vqaTexts, error) {
	if path == "" {
		return nil, nil
	}
	file, err := jsonscan.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	room := file.Size() / bytesOfQuestion
	asked := &vqaTexts{all: make([]vqaText, 0, room), ids: numbering.New(room)}
	images := newInterner()
	before := "" // the image of the question before
	err = file.Lists(ctx, "questions", func(s *jsonscan.Scanner) error {
		var id, image, text string
		begin := s.Position()
		err := s.Object(func(name []byte) (err error) {
			switch string(name) {
			case "question_id":
				id, err = plainID(s)
			case "image_id":
				if image, err = probableID(s, before); err == nil && image != before {
					image = images.of([]byte(image))
				}
			case "question":
				text, err = plainText(s)
			default:
				err = s.Skip()
			}
			return err
		})
		if err != nil {
			return err
		}
		if id == "" || text == "" {
			var q vqaQuestion
			if err := decode(s.Since(begin), &q); err != nil {
				return err
			}
			id, image, text = string(q.ID), string(q.ImageID), q.Text.text
		}
		if id == "" {
			return fmt.Errorf(`a question without "question_id"`)
		}
		if _, added := asked.ids.Add(id); !added {
			return fmt.Errorf("question %s occurs twice", id)
		}
		asked.all = append(asked.all, vqaText{id, text, image})
		before = image
		return nil
	}, nil)
	return asked, err
}

// vqaReader reads annotations.
type vqaReader struct {
	options Options
	asked   *vqaTexts
	strings *interner
	record  Record
	whole   bool // the record was read to its end, whatever is wrong in it
	answers []shards.Answer
	kind    string
	id      string
	image   string
	other   string // question_type
	texts   [1]shards.Question
	field   [1]Field
	written []byte      // the different answers of the annotation
	places  []textPlace // of each answer in written
}

// textPlace is the place of a text in a longer one.
type textPlace struct{ begin, end int }

// read reads the next annotation into r.record. A field that is missing may be there under another
// spelling of its name, so such an annotation is decoded by reflection.
func (r *vqaReader) read(s *jsonscan.Scanner) error {
	r.whole, r.answers = false, r.answers[:0]
	before, expected := r.image, r.asked.expected()
	r.id, r.image, r.kind, r.other = "", "", "", ""
	begin := s.Position()
	err := s.Object(func(name []byte) (err error) {
		switch string(name) {
		case "question_id":
			r.id, err = probableID(s, expected.id)
		case "image_id":
			r.image, err = probableID(s, cmp.Or(expected.image, before))
		case "answer_type":
			r.kind, err = r.interned(s)
		case "question_type":
			r.other, err = r.interned(s)
		case "answers":
			err = r.readAnswers(s)
		default:
			err = s.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	r.whole = true
	if r.id == "" || r.image == "" || r.kind == "" || r.other == "" || len(r.answers) == 0 {
		return r.decode(s.Since(begin))
	}
	r.texts[0] = shards.Question{ID: r.id, Language: "en", Kind: r.kind, Answers: r.answers}
	r.field[0] = Field{r.id, "question_type", r.other}
	r.record = Record{Sample: shards.Sample{Key: r.image, Questions: r.texts[:]}, Fields: r.field[:]}
	return r.join()
}

// readAnswers reads the list of answers. It leaves r.answers empty if one is not in the usual form.
// The texts of the answers are parts of one string, and equal ones the same part.
func (r *vqaReader) readAnswers(s *jsonscan.Scanner) error {
	if kind, err := s.Kind(); err != nil || kind != '[' {
		return skipAfter(s, err)
	}
	r.answers, r.places, r.written = r.answers[:0], r.places[:0], r.written[:0]
	plain := true
	var answer shards.Answer
	given := false
	member := func(name []byte) (err error) {
		switch string(name) {
		case "answer":
			if kind, err := s.Kind(); err != nil || kind != '"' {
				return skipAfter(s, err)
			}
			text, err := s.String()
			if err != nil {
				return err
			}
			if given { // a second member of that name counts
				r.places = r.places[:len(r.places)-1]
			}
			given = true
			r.place(text)
		case "answer_confidence":
			answer.Confidence, err = r.interned(s)
		default:
			err = s.Skip()
		}
		return err
	}
	err := s.Array(func() error {
		if kind, err := s.Kind(); err != nil || kind != '{' {
			plain = false
			return skipAfter(s, err)
		}
		answer, given = shards.Answer{}, false
		err := s.Object(member)
		plain = plain && given
		r.answers = append(r.answers, answer)
		return err
	})
	if !plain {
		r.answers = r.answers[:0]
	}
	if err != nil {
		return err
	}
	all := string(r.written)
	for n := range r.answers {
		r.answers[n].Text = all[r.places[n].begin:r.places[n].end]
	}
	return nil
}

// usualAnswers is the number of answers to a question with which the next one is compared.
const usualAnswers = 16

// place adds the place of an answer's text, which is written unless it is there.
func (r *vqaReader) place(text []byte) {
	for _, p := range r.places[:min(len(r.places), usualAnswers)] {
		if string(r.written[p.begin:p.end]) == string(text) {
			r.places = append(r.places, p)
			return
		}
	}
	begin := len(r.written)
	r.written = append(r.written, text...)
	r.places = append(r.places, textPlace{begin, len(r.written)})
}

// decode reads an annotation that is not in the usual form.
func (r *vqaReader) decode(content []byte) error {
	var a vqaAnnotation
	if err := decode(content, &a); err != nil {
		return err
	}
	if a.QuestionID == "" {
		return fmt.Errorf(`an annotation without "question_id"`)
	}
	i := item{sample: shards.Sample{Key: string(a.ImageID)}}
	i.annotate(&a)
	i.sample.Questions[0].Language = "en"
	r.id, r.image = string(a.QuestionID), i.sample.Key
	r.record = Record{Sample: i.sample, Fields: i.fields, LeftOut: i.left}
	return r.join()
}

// join adds the text of the question.
func (r *vqaReader) join() error {
	if r.asked == nil {
		return nil
	}
	of, ok := r.asked.take(r.id)
	if !ok {
		return fmt.Errorf("question %s is not in %s", r.id, r.options.Questions)
	}
	if r.image != "" && of.image != "" && r.image != of.image {
		return fmt.Errorf("question %s is of image %s, and of image %s in %s", r.id, r.image, of.image, r.options.Questions)
	}
	r.record.Sample.Questions[0].Text = of.text
	if r.record.Sample.Key == "" {
		r.record.Sample.Key = of.image
	}
	return nil
}

// interned returns the next value if it is a string, and "" for others.
func (r *vqaReader) interned(s *jsonscan.Scanner) (string, error) {
	if kind, err := s.Kind(); err != nil || kind != '"' {
		return "", skipAfter(s, err)
	}
	b, err := s.String()
	return r.strings.of(b), err
}

// plainID returns the next value if it is an id, and "" for others.
func plainID(s *jsonscan.Scanner) (string, error) { return probableID(s, "") }

// probableID is plainID for an id that is probably the expected one. It then returns that string
// instead of a new one.
func probableID(s *jsonscan.Scanner, expected string) (string, error) {
	kind, err := s.Kind()
	if err != nil {
		return "", err
	}
	switch kind {
	case '0':
		b, err := s.Number()
		if string(b) == expected && isDigits(expected) {
			return expected, err
		}
		return string(wholeNumber(string(b))), err
	case '"':
		b, err := s.String()
		if string(b) == expected {
			return expected, err
		}
		return string(quotedID(string(b))), err
	}
	return "", s.Skip()
}

// plainText returns the next value if it is a string, and "" for others.
func plainText(s *jsonscan.Scanner) (string, error) {
	if kind, err := s.Kind(); err != nil || kind != '"' {
		return "", skipAfter(s, err)
	}
	b, err := s.String()
	return string(b), err
}

func skipAfter(s *jsonscan.Scanner, err error) error {
	if err != nil {
		return err
	}
	return s.Skip()
}

// interner returns the same string for the same bytes, so that the few hundred thousand different
// answers of millions are kept once. Beyond a number of strings it starts again. The most recent
// strings are found without hashing them whole.
type interner struct {
	all    map[string]string
	recent [1 << 12]string
}

// Limits of what an interner keeps.
const (
	maxInterned       = 1 << 19
	maxInternedLength = 64
)

func newInterner() *interner { return &interner{all: map[string]string{}} }

func (n *interner) of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	place := &n.recent[(uint(len(b))*131^uint(b[0])*31^uint(b[len(b)/2])*17^uint(b[len(b)-1])*7)%uint(len(n.recent))]
	if *place == string(b) {
		return *place
	}
	text, ok := n.all[string(b)]
	if !ok {
		text = string(b)
		if len(b) <= maxInternedLength {
			if len(n.all) >= maxInterned {
				clear(n.all)
			}
			n.all[text] = text
		}
	}
	*place = text
	return text
}
