package report

import (
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// Data describes a dataset that a run was trained on.
type Data struct {
	Name      string  // of its folder
	Facts     []Fact  // such as the number of images
	Splits    []Count // split -> samples
	Languages []Count // BCP-47 code -> texts
	Lengths   *Histogram
	Images    []Image // a contact sheet of training images
	Curation  *Curation
}

// Count is the number of things of one kind.
type Count struct {
	Name string
	N    int64
}

// Histogram shows the distribution of a measure.
type Histogram struct {
	Title string // "Text length in pieces"
	Bins  []Count
	Note  string // below it
}

// Curation shows how many samples went in, how many each rule removed, in order, and how many came
// out.
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

// Tokenizer describes a tokenizer and how well it fits each language.
type Tokenizer struct {
	Type      string // unigram, bpe, word or char
	Pieces    int
	Languages []Fertility
}

// Fertility shows how many ids the texts of a language take.
type Fertility struct {
	Lang       string // BCP-47
	Texts      int
	IDsPerText float64
	IDsPerWord float64 // words are separated by white space
	IDsPerByte float64
	Coverage   float64 // share of the characters that pieces cover, from 0 to 1
}

// Mixture shows the examples that a stage was trained on.
type Mixture struct {
	Stage     string
	About     string  // batch, image size and windows
	Truncated float64 // share of the examples that were truncated, from 0 to 1
	Tasks     []Task
}

// Task is one task of a mixture.
type Task struct {
	Name     string
	Share    float64 // of all examples, from 0 to 1
	About    string  // how many samples it has, how long its examples are
	Examples []Example
}

// Example is one input and its target.
type Example struct {
	Image  *Image // after the image ops, as the model sees it; nil for text alone
	Prompt string
	Target string
}

// Stage shows the curves of one training run, or of several in the same charts.
type Stage struct {
	Name    string
	About   string  // for example, what is trained and what is frozen
	Seconds float64 // not shown if 0
	Losses  []Point // the training loss, by step
	// Validation is the loss on held-out samples, by step, in the same chart as Losses.
	Validation []Point
	Charts     []Chart // further charts
}

// Chart draws curves over the steps of a run.
type Chart struct {
	Title  string
	Curves []Curve
	Small  bool // half as high, its scale from 0
	// From and To are the first and the last step to show; if both are 0, those of the curves.
	From, To int
}

// Curve is a measure by step.
type Curve struct {
	Name   string
	Points []Point
	// Noisy is for a measure of single batches. It is drawn smoothed; if it is the chart's only
	// noisy curve, the values of single steps are drawn, too.
	Noisy bool
	// Marked puts a mark at each point, with its interval if Intervals has one.
	Marked    bool
	Intervals []Interval // one for each of Points; may be empty
}

// Point is the loss, or another measure, at a step.
type Point struct {
	Step int
	Loss float64
}

// Interval is a confidence interval.
type Interval struct{ Lo, Hi float64 }

// Score is a metric on a split, of the model and of its baselines.
type Score struct {
	Split  string
	Metric string // a name as in summary.json, such as vqa_accuracy
	Model  metrics.Score
	// Untrained is the same network before training. Blind is a baseline that does not see the
	// images. Either may be nil.
	Untrained, Blind *metrics.Score
}

// Beside shows a score beside those that others publish.
type Beside struct {
	Metric     string
	Split      string
	Model      metrics.Score
	Comparable benchmarks.Comparable
	Published  []benchmarks.Published
}

// Protocols shows the scores of the same predictions by several rules.
type Protocols struct {
	Metrics []string
	Rows    []Protocol // the owner's first
}

// Protocol holds the scores by one rule, and items that it scores differently from the owner's.
type Protocol struct {
	Name, Source string
	Scores       benchmarks.Scores
	Differs      int
	Examples     []Differing
}

// Differing is an item with another score by a protocol than by the owner's rule.
type Differing struct {
	ID, Question, Prediction, References string
	Official, Other                      float64
}

// Confusion shows which answers a model gives in place of the right ones: as a matrix of Answers by
// Rows, or as a list of Pairs.
type Confusion struct {
	Title, About string
	Answers      []string // of the columns; a last one counts other predictions
	Rows         []ConfusedRow
	Pairs        []ConfusedPair
}

// ConfusedRow counts the predictions for one right answer, by column.
type ConfusedRow struct {
	Right     string
	Predicted []int
}

// ConfusedPair counts a wrong answer in place of a right one.
type ConfusedPair struct {
	Right, Predicted string
	N                int
}

// Versus shows a comparison of two models.
type Versus struct{ *compare.Result }

// Flips are items that one metric scores differently for two models.
type Flips struct {
	Metric        string
	A, B          string
	Better, Worse int
	N             int
	Items         []Flip // the better ones first
}

// Flip is an item with the answers of both models.
type Flip struct {
	compare.Flip
	Truth  string
	Image  *Image
	Better bool // B's is the better one
}

// Breakdown is a metric by a property of the items, such as their language.
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

// Gallery shows images with the model's captions and answers.
type Gallery struct {
	Title, About string
	Exhibits     []Exhibit
}

// Exhibit is an image that the model was not trained on, with its captions and answers.
type Exhibit struct {
	Image    Image
	Note     string // for example, its split
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

// Difference is a key with its value in each run. An empty value means that the recipe does not
// have the key.
type Difference struct {
	Key    string
	Values []string
}

// Comparison shows the scores of several runs on a split.
type Comparison struct {
	Split  string
	Runs   []string
	Scores []Compared
}

// Compared is a metric of several runs, in the order of [Comparison.Runs]. It is nil for a run
// without that metric.
type Compared struct {
	Metric string
	Scores []*metrics.Score
}

// Changes are the answers to the same questions that differ between two runs.
type Changes struct {
	Title    string // "Answers on val"
	From, To string // the runs' names
	Asked    int    // questions that both runs answered
	// Same counts equal answers. The others are Fixed (wrong in From, right in To), Broken (the
	// reverse), or Other (both wrong, or both right in other words).
	Same, Fixed, Broken, Other int
	Examples                   []Change
}

// Change is one answer that differs.
type Change struct {
	Image                  *Image
	Question               string // or the description of the image, for captions
	Lang                   string // BCP-47; may be empty
	Before, After          string
	Truth                  string
	RightBefore, RightThen bool
}
