package report

import "github.com/pali3/pali3/evalsuite/metrics"

// Data is a dataset that was learned from.
type Data struct {
	Name      string  // of its folder
	Facts     []Fact  // what it holds
	Splits    []Count // split -> samples
	Languages []Count // BCP-47 code -> texts
	Lengths   *Histogram
	Images    []Image // a contact sheet of training images
	Curation  *Curation
}

// Count says how many there are of a kind.
type Count struct {
	Name string
	N    int64
}

// Histogram shows how a measure is spread.
type Histogram struct {
	Title string // "Text length in pieces"
	Bins  []Count
	Note  string // below it
}

// Curation is what went in, what each rule removed in order, and what came out.
type Curation struct {
	In, Out int64
	Rules   []Rule
	// Texts counts texts removed from samples that stayed, Merged texts that duplicates gave to the
	// sample kept.
	Texts, Merged int64
	Warnings      []string
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
	Stage     string
	About     string  // batch, image size and windows
	Truncated float64 // share of the examples with more ids than their windows hold, from 0 to 1
	Tasks     []Task
}

// Task is one task of a mixture.
type Task struct {
	Name     string
	Share    float64 // of the examples fed, from 0 to 1
	About    string  // how many samples it has, how long its examples are
	Examples []Example
}

// Example is one input and its target.
type Example struct {
	Image  *Image // as the model sees it, after the image ops; nil for text alone
	Prompt string
	Target string
}

// Stage is one training run, or several of them drawn over each other.
type Stage struct {
	Name    string
	About   string  // what is trained and what is frozen, for example
	Seconds float64 // left out if 0
	Losses  []Point // the training loss, by step
	// Validation is the loss on held-out samples, by step; it is drawn over Losses.
	Validation []Point
	Charts     []Chart // further charts
}

// Chart draws curves over the steps of a run.
type Chart struct {
	Title  string
	Curves []Curve
	Small  bool // half as high, its scale from 0
	// From and To are the first and the last step shown; both 0: those of the curves.
	From, To int
}

// Curve is a measure by step.
type Curve struct {
	Name   string
	Points []Point
	// Noisy is for a measure of single batches: the mean of neighbours is drawn, over each step if
	// it is the chart's only noisy curve.
	Noisy bool
	// Marked puts a mark at each point, with its interval if Intervals has one.
	Marked    bool
	Intervals []Interval // of Points one by one; may be empty
}

// Point is the loss, or another measure, at a step.
type Point struct {
	Step int
	Loss float64
}

// Interval is a confidence interval.
type Interval struct{ Lo, Hi float64 }

// Score is one metric on one split: the model's and, where there are any, the baselines'.
type Score struct {
	Split  string
	Metric string // a name as in summary.json, such as vqa_accuracy
	Model  metrics.Score
	// Untrained is the same network with its initial weights; Blind is one that sees no image.
	Untrained, Blind *metrics.Score
}

// Breakdown is a metric by a property of what was asked.
type Breakdown struct {
	Title  string // "Answers by kind of question"
	Column string // "Kind"; "Language" if the groups are named by BCP-47 codes
	Metric string
	Groups []Group
}

// Group is one group of a breakdown.
type Group struct {
	Name  string
	Model metrics.Score
	Blind *metrics.Score
}

// Gallery shows images with what the model says of them.
type Gallery struct {
	Title, About string
	Exhibits     []Exhibit
}

// Exhibit is an image the model never trained on, and what it says of it.
type Exhibit struct {
	Image    Image
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

// Differences are the recipe keys in which runs side by side differ.
type Differences struct {
	Runs []string
	Keys []Difference
}

// Difference is a key with its value in each run; an empty value says that the run's recipe lacks
// the key.
type Difference struct {
	Key    string
	Values []string
}

// Comparison is what several runs scored on one split.
type Comparison struct {
	Split  string
	Runs   []string
	Scores []Compared
}

// Compared is one metric of several runs, in the order of [Comparison.Runs]; nil where a run lacks
// it.
type Compared struct {
	Metric string
	Scores []*metrics.Score
}

// Changes are the answers to the same questions that differ between two runs.
type Changes struct {
	Title    string // "Answers on val"
	From, To string // the runs' names
	Asked    int    // questions that both answered
	// Same answers word for word, and among the others: wrong before and right now, the reverse,
	// and both wrong or both right in other words.
	Same, Fixed, Broken, Other int
	Examples                   []Change
}

// Change is one answer that differs.
type Change struct {
	Image                  *Image
	Question               string // or what was asked for
	Lang                   string // BCP-47; may be empty
	Before, After          string
	Truth                  string
	RightBefore, RightThen bool
}
