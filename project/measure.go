package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

// Measured holds the measurements of a dataset by which recipes are chosen.
type Measured struct {
	Samples   int `json:"samples"`
	Images    int `json:"images"`    // samples with an image
	Distinct  int `json:"distinct"`  // images with different bytes
	Captioned int `json:"captioned"` // samples with an image and a text
	Asked     int `json:"asked"`     // samples with an image and a question that has an answer
	Open      int `json:"open"`      // of these, samples with an answer other than yes or no
	Documents int `json:"documents"` // samples without an image
	Boxed     int `json:"boxed"`     // samples with an image and a labelled box
	Texts     int `json:"texts"`     // about images, without OCR
	OCR       int `json:"ocr"`       // texts that are read in images
	Questions int `json:"questions"` // with an answer

	// Sided counts English texts and questions with the word left or right.
	Sided int `json:"sided"`

	Kinds             map[string]int `json:"kinds"`     // of texts
	Languages         map[string]int `json:"languages"` // of texts; "" if unknown
	QuestionLanguages map[string]int `json:"question_languages"`
	Splits            map[string]int `json:"splits"` // of samples

	// Side is the shorter side of the images, in pixels.
	Side Spread `json:"side"`
	// Lengths in pieces of a tokenizer with Vocabulary pieces, trained on the data: of texts, of
	// the longest caption prompt, of questions with their prompt, of answers, and of documents,
	// which are all texts, questions and answers of a sample.
	Vocabulary    int    `json:"vocabulary"`
	Tokenizer     string `json:"-"` // the tokenizer, if it was not trained for this
	TextPieces    Spread `json:"text_pieces"`
	CaptionPrompt int    `json:"caption_prompt"`
	Question      Spread `json:"question_pieces"`
	QuestionText  Spread `json:"question_text_pieces"` // without its prompt
	Answer        Spread `json:"answer_pieces"`
	Document      Spread `json:"document_pieces"`
}

// Spread describes the distribution of a number.
type Spread struct {
	Least  int `json:"least"`
	Median int `json:"median"`
	P90    int `json:"p90"`
	P98    int `json:"p98"`
	Most   int `json:"most"`
}

// spreadOf sorts the values.
func spreadOf(values []int32) (s Spread) {
	if len(values) == 0 {
		return s
	}
	slices.Sort(values)
	at := func(part float64) int { return int(values[int(part*float64(len(values)-1)+0.5)]) }
	return Spread{at(0), at(0.5), at(0.9), at(0.98), at(1)}
}

// measure reads a dataset without the bytes of its images. It measures texts with a tokenizer, if
// that exists. Otherwise it trains one on all texts and writes it to scratch.
func measure(ctx context.Context, d *shards.Dataset, tokenizer, scratch string) (*Measured, error) {
	m := &Measured{Kinds: map[string]int{}, Languages: map[string]int{}, QuestionLanguages: map[string]int{}, Splits: map[string]int{}}
	if err := m.count(ctx, d); err != nil {
		return nil, err
	}
	if m.Texts+m.OCR+m.Questions == 0 {
		return m, nil
	}
	if tokenizer != "" {
		v, err := tokenize.Open(tokenize.Config{Model: tokenizer, Sentinels: sentinels, ModeTokens: true})
		if err == nil {
			m.Tokenizer, m.Vocabulary = tokenizer, v.Len()
			return m, m.lengths(ctx, d, v)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("opening the tokenizer: %w", err)
		}
	}
	var made mixture.TokenizerReport
	model, err := mixture.TrainTokenizer(ctx, d, mixture.TokenizerOptions{Split: "all", Report: &made})
	if err != nil {
		return nil, fmt.Errorf("training a tokenizer to measure the texts: %w", err)
	}
	m.Vocabulary = made.VocabSize
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, err
	}
	if err := model.WriteFiles(filepath.Join(scratch, "tokenizer")); err != nil {
		return nil, err
	}
	vocabulary, err := tokenize.Open(tokenize.Config{Model: filepath.Join(scratch, TokenizerFile), Sentinels: sentinels, ModeTokens: true})
	if err != nil {
		return nil, err
	}
	return m, m.lengths(ctx, d, vocabulary)
}

// withoutPixels reads a dataset without the bytes of its images.
func withoutPixels(ctx context.Context, d *shards.Dataset, each func(*shards.Sample)) error {
	view, err := d.Without("images.bytes")
	if err != nil {
		return err
	}
	for s, err := range view.Scan() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		each(s)
	}
	return nil
}

func (m *Measured) count(ctx context.Context, d *shards.Dataset) error {
	var sides []int32
	seen := map[string]bool{}
	err := withoutPixels(ctx, d, func(s *shards.Sample) {
		m.Samples++
		m.Splits[string([]byte(s.Split))]++
		texts, questions := m.countTexts(s), m.countQuestions(s)
		if len(s.Images) == 0 {
			m.Documents++
			return
		}
		m.Images++
		image := &s.Images[0]
		sides = append(sides, min(image.Width, image.Height))
		if !seen[image.SHA256] {
			seen[string([]byte(image.SHA256))] = true
		}
		m.Captioned += one(texts > 0)
		m.Asked += one(questions > 0)
		m.Open += one(questions > 0 && mixture.HasOpenAnswers(s))
		m.Boxed += one(len(s.Boxes) > 0)
	})
	m.Distinct, m.Side = len(seen), spreadOf(sides)
	return err
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (m *Measured) countTexts(s *shards.Sample) (about int) {
	for i := range s.Texts {
		text := &s.Texts[i]
		switch {
		case text.Value == "":
			continue
		case text.Kind == shards.OCR:
			m.OCR++
		default:
			about++
			m.Texts++
			m.Kinds[string([]byte(text.Kind))]++
			m.Sided += one(sided(text.Value))
		}
		m.Languages[string([]byte(text.Language))]++
	}
	return about
}

// sided reports whether a text has the word left or right.
func sided(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if strings.EqualFold(word, "left") || strings.EqualFold(word, "right") {
			return true
		}
	}
	return false
}

func (m *Measured) countQuestions(s *shards.Sample) (asked int) {
	for i := range s.Questions {
		if len(s.Questions[i].Answers) > 0 {
			asked++
			m.Sided += one(sided(s.Questions[i].Text))
			m.QuestionLanguages[string([]byte(s.Questions[i].Language))]++
		}
	}
	m.Questions += asked
	return asked
}

// maxMeasured is about the number of texts and questions that are encoded to measure their lengths,
// evenly spaced over the dataset.
const maxMeasured = 500_000

// lengths encodes texts, questions and answers.
func (m *Measured) lengths(ctx context.Context, d *shards.Dataset, v *tokenize.Vocabulary) error {
	var texts, questions, bare, answers, documents []int32
	every := max(1, (m.Texts+m.Questions)/maxMeasured)
	n := 0
	length := func(text string) int32 { return int32(len(v.Encode(text))) }
	err := withoutPixels(ctx, d, func(s *shards.Sample) {
		document := int32(0)
		for i := range s.Texts {
			if n++; n%every != 0 {
				continue
			}
			l := length(s.Texts[i].Value)
			document += l + 1
			if s.Texts[i].Kind != shards.OCR {
				texts = append(texts, l)
			}
		}
		for i := range s.Questions {
			q := &s.Questions[i]
			if n++; n%every != 0 || len(q.Answers) == 0 {
				continue
			}
			questions = append(questions, length(mixture.QuestionPrompt(q.Text)))
			bare = append(bare, length(q.Text))
			a := length(q.Answers[0].Text)
			answers = append(answers, a)
			document += questions[len(questions)-1] + a
		}
		documents = append(documents, document*int32(every))
	})
	if err != nil {
		return err
	}
	for language := range m.Languages {
		m.CaptionPrompt = max(m.CaptionPrompt, int(length(mixture.CaptionPrompt(language))))
	}
	m.TextPieces, m.Answer, m.Document = spreadOf(texts), spreadOf(answers), spreadOf(documents)
	m.Question, m.QuestionText = spreadOf(questions), spreadOf(bare)
	return nil
}

// most lists the names of counts, most frequent first.
func most(counts map[string]int) (names []string) {
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	return names
}
