// Package report writes what a run did and found as one HTML page, report.html, that a person reads
// and keeps: pictures it learned from, what curation removed, what the mixture fed, losses, scores
// against baselines, and what the model says of pictures it never saw.
//
// A [Report] is a plain value, filled by whoever ran something; [Write] lays it out. Parts that are empty
// are left out. The page needs nothing but itself: styles and charts are inline, pictures are data
// URIs, there is no script. It follows the reader's light or dark setting, reads on a phone, and prints.
// All text is escaped, whatever a caption holds.
package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/atomicfile"
)

// Report is the content of the page, in the page's order.
type Report struct {
	Title   string
	Summary string  // one or two sentences under the title
	Seconds float64 // how long all of it took; left out if 0
	Machine string  // what it ran on
	Facts   []Fact  // further figures beside time and machine

	Pictures  []Picture // a contact sheet of training pictures
	Curation  *Curation
	Tokenizer *Tokenizer
	Mixtures  []Mixture
	Stages    []Stage
	Scores    []Score
	ByKind    []Group // VQA accuracy by kind of question
	ByLang    []Group // exact captions by language; Name is a BCP-47 code
	Gallery   []Exhibit
	Reproduce []string // command lines that make this again
}

// Fact is one figure, as it is to be read.
type Fact struct{ Label, Value string }

// Picture is an encoded image: PNG, JPEG, GIF or WebP.
type Picture struct {
	Bytes []byte
	Alt   string // what it shows, for who cannot see it
}

// Curation is what went in, what each rule removed in order, and what came out.
type Curation struct {
	In, Out int64
	Rules   []Rule
}

// Rule is one rule of a curation.
type Rule struct {
	Name    string
	Removed int64
}

// Tokenizer is the model that makes ids of texts, and how well it fits each language.
type Tokenizer struct {
	Type      string // unigram, bpe, word or char
	Pieces    int
	Languages []Fertility
}

// Fertility says how many ids the texts of a language take.
type Fertility struct {
	Lang       string // BCP-47
	Texts      int
	IDsPerText float64
	IDsPerWord float64 // words are what white space parts
	IDsPerByte float64
	Coverage   float64 // part of the characters that pieces cover, from 0 to 1
}

// Mixture is what one stage was fed.
type Mixture struct {
	Stage string
	Tasks []Task
}

// Task is one task of a mixture.
type Task struct {
	Name     string
	Share    float64 // of the examples fed, from 0 to 1
	Examples []Example
}

// Example is one input and what it was to become.
type Example struct {
	Picture *Picture // nil for text alone
	Prompt  string
	Target  string
}

// Stage is one training run.
type Stage struct {
	Name    string
	About   string  // what is trained and what is frozen, say
	Seconds float64 // left out if 0
	Losses  []Point // the training loss, by step
}

// Point is the loss at a step.
type Point struct {
	Step int
	Loss float64
}

// Score is one metric on one split: the model's and, where there are any, the baselines'.
type Score struct {
	Split  string
	Metric string // a name as in summary.json, such as vqa_accuracy
	Model  metrics.Score
	// Untrained is the same network with its initial weights; Blind is one that sees no picture.
	Untrained, Blind *metrics.Score
}

// Group is one group of a breakdown.
type Group struct {
	Name  string
	Model metrics.Score
	Blind *metrics.Score
}

// Exhibit is a picture the model never trained on, and what it says of it.
type Exhibit struct {
	Picture  Picture
	Note     string // which split, or what is new about it
	Captions []Caption
	Answers  []Answer
}

// Caption is the model's caption in one language.
type Caption struct {
	Lang  string // BCP-47
	Text  string
	Truth string
	Right bool
}

// Answer is the model's answer to one question.
type Answer struct {
	Question string
	Lang     string // of the question, BCP-47; may be empty
	Text     string
	Truth    string
	Right    bool
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":      func() template.CSS { return template.CSS(pageCSS) },
	"picture":  dataURI,
	"count":    count,
	"duration": duration,
	"percent":  func(share float64) string { return fmt.Sprintf("%.1f", 100*share) },
	"metric":   metricNamed,
	"scores":   scoreTables,
	"groups":   groupRows,
	"chart":    newChart,
	"language": languageName,
	"rules":    ruleRows,
	"lengths":  lengthRows,
	"splits":   splitName,
}).Parse(pageHTML))

// Write writes the page. It is an error if a picture is of no format that browsers show.
func Write(w io.Writer, r *Report) error {
	if err := page.Execute(w, r); err != nil {
		return fmt.Errorf("laying out the report: %w", err)
	}
	return nil
}

// WriteFile writes the page to path; a file that is there already stays whole until the new one is.
func WriteFile(path string, r *Report) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if err := Write(f, r); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.Commit()
}

// dataURI holds the picture itself as an address.
func dataURI(p Picture) (template.URL, error) {
	kind := http.DetectContentType(p.Bytes)
	if !slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, kind) {
		return "", fmt.Errorf("a picture (%s) is %s, not PNG, JPEG, GIF or WebP", p.Alt, kind)
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(p.Bytes)), nil
}
