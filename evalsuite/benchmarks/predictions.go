package benchmarks

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/jsonscan"
	"github.com/pali3/pali3/internal/numbering"
)

const (
	maxPrediction     = 1 << 20 // bytes of a record, at most
	bytesOfPrediction = 40      // a little less
)

// prediction is a record of a file of predictions.
type prediction struct {
	id, text string
	line     int32
	used     bool
	rest     *Prediction // nil if there is no more than id, text and line, as mostly
}

// compact returns a prediction in the form in which hundreds of thousands are kept.
func (p *Prediction) compact() prediction {
	c := prediction{id: p.ID, text: p.Text, line: int32(min(p.Line, math.MaxInt32))}
	if p.Confidence != nil || p.Error != "" || p.Found != nil || p.Failure != "" {
		rest := *p
		c.rest = &rest
	}
	return c
}

// whole returns the prediction in the usual form.
func (p *prediction) whole() Prediction {
	if p.rest != nil {
		return *p.rest
	}
	return Prediction{ID: p.id, Text: p.text, Line: int(p.line)}
}

// predictions holds the records of a file by id.
type predictions struct {
	path     string
	all      []prediction
	names    *numbering.Names // ids, and ids with a language
	at       []int32          // the place in all, by the number of a name
	next     int              // where the next item's prediction is expected
	problems *problems
}

// newPredictions returns no predictions, with room for some.
func newPredictions(path string, room int, problems *problems) *predictions {
	return &predictions{path: path, all: make([]prediction, 0, room), names: numbering.New(room), at: make([]int32, 0, room), problems: problems}
}

// predictionReader reads a file of predictions.
type predictionReader struct {
	*predictions
	file *jsonscan.File
	form Submission
}

// readPredictions reads predictions in the form of the benchmark's server, or as JSON lines of id
// and prediction.
func (b *Benchmark) readPredictions(ctx context.Context, path string, problems *problems) (*predictions, error) {
	if b.ReadPredictions == nil {
		return readPredictions(ctx, path, b.Submission, problems)
	}
	r := predictionReader{newPredictions(path, 0, problems), nil, b.Submission}
	for p, err := range b.ReadPredictions(ctx, path) {
		switch {
		case err != nil && problems.partial:
			problems.add(Unreadable, "", err)
			continue
		case err == nil:
			err = r.add(&p, "")
		}
		if err != nil {
			return nil, fmt.Errorf("%s line %d: %w", path, p.Line, err)
		}
	}
	return r.predictions, nil
}

func readPredictions(ctx context.Context, path string, form Submission, problems *problems) (*predictions, error) {
	if info, err := os.Stat(path); form.Folder && err == nil && info.IsDir() {
		r := predictionReader{newPredictions(path, 0, problems), nil, form}
		return r.predictions, r.readFolder(ctx)
	}
	if lines, err := form.isLines(path); err != nil || lines {
		r := predictionReader{newPredictions(path, 0, problems), nil, form}
		if err == nil {
			err = r.readLines(ctx)
		}
		return r.predictions, err
	}
	file, err := jsonscan.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	file.Limit = maxPrediction
	room := file.Size() / bytesOfPrediction
	r := predictionReader{newPredictions(path, room, problems), file, form}
	byID, err := r.byID(path)
	if err != nil {
		return nil, err
	}
	if byID {
		if err := file.Members(ctx, r.member); err != nil {
			return nil, err
		}
		return r.predictions, nil
	}
	var bad func(error) error
	if problems.partial {
		bad = func(err error) error { problems.add(Unreadable, "", err); return nil }
	}
	if err := file.Records(ctx, r.read, bad); err != nil {
		return nil, err
	}
	return r.predictions, nil
}

// byID reports whether the file is one object of predictions by id: its first member is not one of
// a record. A-OKVQA's server takes such a file.
func (r *predictionReader) byID(path string) (bool, error) {
	file, err := jsonscan.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if kind, err := file.Kind(); err != nil || kind != '{' {
		return false, nil
	}
	known := append([]string{r.form.ID, r.form.Text}, recordMembers...)
	name, kind := "", byte(0)
	first := fmt.Errorf("the first member")
	file.Members(context.Background(), func(member string, s *jsonscan.Scanner) (err error) {
		if kind, err = s.Kind(); err != nil {
			return err
		}
		name = member
		return first
	})
	return name != "" && kind != '[' && !slices.Contains(known, name), nil
}

// recordMembers are members of the records of files of predictions.
var recordMembers = []string{"id", "question_id", "questionId", "image_id", "image", "identifier", "question", "prediction", "answer", "caption", "error",
	"task", "language", "prompt", "raw", "score", "alternatives", "image_sha256", "weights", "decoding", "text", "label", "model", "model_id"}

// member reads a prediction of a file by id: the text, or an object with the text.
func (r *predictionReader) member(name string, s *jsonscan.Scanner) error {
	p := Prediction{ID: strings.TrimSpace(name), Line: r.file.Line()}
	if kind, err := s.Kind(); err == nil && kind == '{' && r.form.Nested {
		return r.nested(p.ID, s)
	}
	given, err := readMember(s, r.form.Text)
	if err != nil {
		return err
	}
	if what, found := kinds[given.kind]; found && given.kind != '{' {
		return fmt.Errorf("question %s: %s stands where a string belongs", p.ID, what)
	}
	if given.kind != '"' {
		return fmt.Errorf("question %s has no text, and no object with %q or \"prediction\"", p.ID, r.form.Text)
	}
	p.Text = given.text
	return r.add(&p, "")
}

// readMember returns a text, or that of an object.
func readMember(s *jsonscan.Scanner, field string) (text value, err error) {
	if kind, err := s.Kind(); err != nil || kind != '{' {
		if err != nil {
			return value{}, err
		}
		return readValue(s)
	}
	err = s.Object(func(member []byte) error {
		v, err := readValue(s)
		if string(member) == field || string(member) == "prediction" && !text.given() {
			text = v
		}
		return err
	})
	return text, err
}

// read reads one record.
func (r *predictionReader) read(s *jsonscan.Scanner) error {
	p := Prediction{Line: r.file.Line()}
	var own, general, answer, text, fault, failure, sure value
	language, region := "", result{edges: -1}
	err := s.Object(func(name []byte) (err error) {
		if r.form.Regions && (string(name) == "bbox" || string(name) == "segmentation") {
			return region.member(name, s)
		}
		if r.form.Confidence != "" && string(name) == r.form.Confidence {
			sure, err = readValue(s)
			return err
		}
		switch string(name) {
		case r.form.ID:
			own, err = readValue(s)
		case "id":
			general, err = readValue(s)
		case r.form.Text:
			answer, err = readValue(s)
		case "prediction":
			text, err = readValue(s)
		case "error":
			fault, err = readValue(s)
		case "failure":
			failure, err = readValue(s)
		case "language":
			var v value
			v, err = readValue(s)
			language = v.text
		default:
			err = s.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if !own.given() {
		own = general
	}
	if p.ID, err = r.id(own); err != nil {
		return err
	}
	switch {
	case answer.given() && text.given() && answer != text:
		return fmt.Errorf("question %s has an %q and another \"prediction\": remove one of them; %q may be the right answer of the benchmark", p.ID, r.form.Text, r.form.Text)
	case !answer.given():
		answer = text
	}
	if p.Confidence, err = r.confidence(p.ID, sure); err != nil {
		return err
	}
	switch {
	case fault.text != "":
		p.Error = fault.text
	case !answer.given() && region.given():
		if p.Found, err = region.found(); err != nil {
			return fmt.Errorf("question %s: %w", p.ID, err)
		}
	case !answer.given() && r.form.Text == r.form.Confidence && p.Confidence != nil:
		answer = sure
	case !answer.given():
		return fmt.Errorf("question %s has neither %q nor \"prediction\"", p.ID, r.form.Text)
	case answer.kind != '"' && r.form.Text != r.form.Confidence:
		return fmt.Errorf("question %s: field %q holds %s where a string belongs", p.ID, r.form.Text, kinds[answer.kind])
	}
	p.Text = answer.text
	if slices.Contains(runFailures, failure.text) {
		p.Failure = failure.text
	}
	return r.add(&p, language)
}

// confidence returns the number in the member for it, which may be in quotes.
func (r *predictionReader) confidence(id string, v value) (*float64, error) {
	if !v.given() {
		return nil, nil
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(v.text), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return nil, fmt.Errorf("question %s: field %q holds %.100q where a number belongs", id, r.form.Confidence, v.text)
	}
	return &n, nil
}

// add adds a record. Records with a language may repeat the id of an image in another one.
func (r *predictionReader) add(p *Prediction, language string) error {
	name := p.ID
	if language != "" {
		name += "/" + language
	}
	if at, added := r.name(name); !added {
		return r.double(p, at)
	}
	if language != "" {
		r.name(p.ID)
	}
	r.all = append(r.all, p.compact())
	switch {
	case p.Failure == Refused || p.Failure == NoMatch:
		r.problems.add(p.Failure, p.ID, nil)
	case p.Failure != "": // counted if its question is asked
	case p.Error != "":
		r.problems.add(Failed, p.ID, nil)
	case strings.TrimSpace(p.Text) == "" && p.Found == nil:
		r.problems.add(Empty, p.ID, nil)
	}
	if metrics.Refused(p.Text) {
		r.problems.add(Declined, p.ID, nil)
	}
	return nil
}

// name names the next record. It returns the place of the record with the name, and whether that is
// the next one, because none had the name before.
func (p *predictions) name(name string) (at int, added bool) {
	number, added := p.names.Add(name)
	if added {
		p.at = append(p.at, int32(len(p.all)))
	}
	return int(p.at[number]), added
}

func (r *predictionReader) double(p *Prediction, at int) error {
	return r.problems.check(Double, p.ID, func() error {
		return fmt.Errorf("a second prediction for question %s, after line %d", p.ID, r.all[at].line)
	})
}

// id returns the id of a record in its normal form.
func (r *predictionReader) id(v value) (string, error) {
	switch {
	case !v.given() || v.text == "":
		if r.form.ID == "" || r.form.ID == "id" {
			return "", fmt.Errorf(`no "id"`)
		}
		return "", fmt.Errorf(`neither %q nor "id"`, r.form.ID)
	case v.kind == '"':
		return strings.TrimSpace(v.text), nil
	case v.kind == '0':
		if whole, err := strconv.ParseFloat(v.text, 64); strings.Trim(v.text, "-0123456789") == "" {
			return v.text, nil
		} else if err == nil && whole == float64(int64(whole)) && whole < 1<<53 {
			return strconv.FormatInt(int64(whole), 10), nil
		}
	}
	return "", fmt.Errorf("an id is a whole number or a string, not %s", v.text)
}

// value is a value of a record: the content of a string, or what is written in its place.
type value struct {
	kind byte // as of [jsonscan.Scanner.Kind]; 0 if it is missing or null
	text string
}

func (v value) given() bool { return v.kind != 0 }

var kinds = map[byte]string{'0': "a number", 't': "true", 'f': "false", '{': "an object", '[': "a list"}

func readValue(s *jsonscan.Scanner) (value, error) {
	kind, err := s.Kind()
	if err != nil {
		return value{}, err
	}
	switch kind {
	case 'n':
		return value{}, s.Skip()
	case '"':
		b, err := s.String()
		return value{kind, string(b)}, err
	}
	b, err := s.Raw()
	return value{kind, string(b)}, err
}

// text returns the text of the prediction for a question.
func (p *predictions) text(id string) (string, bool) {
	number, ok := p.names.Number(id)
	if !ok {
		return "", false
	}
	return p.all[p.at[number]].text, true
}

// find returns the prediction for an item, or nil.
func (p *predictions) find(i *Item) *prediction {
	if p.next < len(p.all) && p.all[p.next].id == i.ID && !p.all[p.next].used {
		p.next++
		return &p.all[p.next-1]
	}
	number, ok := p.names.Number(i.ID)
	for n := 0; !ok && n < len(i.also); n++ {
		number, ok = p.names.Number(i.also[n])
	}
	if !ok {
		return nil
	}
	at := int(p.at[number])
	p.next = at + 1
	return &p.all[at]
}

// few lists the first of some names.
func few(names []string) string {
	const shown = 5
	if len(names) > shown {
		names = append(slices.Clone(names[:shown]), "...")
	}
	return strings.Join(names, ", ")
}
