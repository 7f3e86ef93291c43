// Package benchmarks is the catalogue of published tests, and scores predictions of any model on
// the files in which a test is published.
//
// A [Benchmark] is one value in one file: how its files are read, what is asked, by which metrics
// it is scored, what is one observation and which observations depend on each other, what its
// server takes and which scores are published. A [Table] lists benchmarks: [Builtin] returns the
// built-in ones, and a program adds its own by appending to that table.
//
// Most users need [Table.Named] and [Benchmark.Score], which reads files and returns a [Result]:
// scores as fractions, not rounded, each with an interval, for the whole test and for slices of it.
// [Benchmark.ScoreItems] is the same without files: a pure function of [Item] values. The owner's
// files are read by package ingest/benchmarks, so a benchmark that is scored and one that becomes a
// dataset are read in the same way.
//
// Every error names the file, the line and the question. Without [Options.Partial] nothing is
// scored unless each question has exactly one prediction.
package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics/detection"
	layouts "github.com/pali3/pali3/ingest/benchmarks"
	"github.com/pali3/pali3/internal/strict"
)

// Task is what a benchmark asks for.
type Task string

// Tasks of benchmarks.
const (
	Captions  Task = "captions"  // a text about the image
	Answers   Task = "answers"   // a short text, to a question
	Choices   Task = "choices"   // one of the choices of a question
	YesNo     Task = "yes/no"    // yes or no, or true or false
	Boxes     Task = "boxes"     // boxes of objects
	Masks     Task = "masks"     // the pixels of an object
	Retrieval Task = "retrieval" // a ranking of images and texts
	Labels    Task = "labels"    // a class
)

// Benchmark is a published test.
type Benchmark struct {
	// Name is the name on the command line. Where `ingest benchmark` reads the same files, it is
	// the name there.
	Name string
	// About says in one line what is asked and how it is scored.
	About string
	// Layout is the name of the reader of the owner's files, one of those of package
	// ingest/benchmarks. Read replaces it for files of another form.
	Layout string
	Read   func(context.Context, Files) iter.Seq2[Record, error]
	// Splits are the parts that the owner publishes, the one that is usually reported first.
	Splits []Split
	// Task is what is asked for.
	Task Task
	// Prompt is what a model is asked, with {question} and {language} in it, and Ops are the image
	// ops that pixels come from, with {size} in it.
	Prompt, Ops string
	// Chat is what a model that follows instructions is asked, with {choices} and {context} too; ""
	// takes the usual prompt for the task: see [Benchmark.ChatPrompt].
	Chat string
	// Decoding is how a model decodes by default.
	Decoding Decoding
	// Metrics are the scores, the main one first. Without metrics a benchmark is listed and not
	// scored, and Missing says why.
	Metrics []Metric
	Missing string
	// Protocols are other rules by which people score the same predictions.
	Protocols []Protocol
	// Beside reads further files, which not everyone has, and returns a function that adds what
	// they say to an item. Predicted returns the prediction for a question. A nil function adds
	// nothing.
	Beside func(ctx context.Context, f Files, predicted func(id string) (text string, ok bool)) (func(*Item) error, error)
	// Adapt changes an item before it is scored, for example its references; nil changes none.
	Adapt func(*Item)
	// Slices are the groups of observations that are scored beside the whole.
	Slices []Slice
	// Unit is what one observation is, such as "question". Cluster is what observations that depend
	// on each other have in common, such as "image": intervals resample clusters. ClusterOf returns
	// the name of an item's cluster; nil takes the item's image.
	Unit, Cluster string
	ClusterOf     func(*Item) string
	// Submission is the form of predictions that the owner's server or script takes.
	// ReadPredictions replaces the reader for files that are not JSON.
	Submission      Submission
	ReadPredictions func(context.Context, string) iter.Seq2[Prediction, error]
	// Published are scores to compare with.
	Published []Published

	decoder MaskDecoder // of the codes of masks, or nil
}

// Record is what the owner's files say of an image or of a question about it.
type Record = layouts.Record

// Field is a field of a question that [shards.Question] does not have.
type Field = layouts.Field

// Split is a part of a benchmark.
type Split struct {
	Name string `json:"name"`
	// N is the number of observations in the owner's file, by which a complete file is recognised;
	// 0 if it is not known here.
	N int `json:"n,omitempty"`
	// Confidence and Source say where N was read. Without them N is from memory, and no score
	// counts as comparable because of it.
	Confidence Confidence `json:"confidence,omitempty"`
	Source     string     `json:"source,omitempty"`
}

// Decoding is how a model decodes.
type Decoding struct {
	Beams     int     `json:"beams"`           // 1 is greedy
	Alpha     float64 `json:"alpha,omitempty"` // of the length penalty
	MaxTokens int     `json:"max_tokens"`
}

// Protocol is a rule, other than the owner's, by which people score a benchmark. Its metrics have
// the names of the owner's where they measure the same.
type Protocol struct {
	Name, Source string
	Metrics      []Metric
}

// Slice is a way to group observations.
type Slice struct {
	Name string
	// Of returns the name of an item's group, or "" for an item that is in none.
	Of func(*Item) string
	// Many replaces Of where an item can be in several groups.
	Many func(*Item) []string
	// Corpus says that each group is scored as if there were no other items, which matters for
	// metrics such as CIDEr, whose document frequencies are those of the corpus.
	Corpus bool
}

// ByField returns the slice by a field of questions.
func ByField(name string) Slice { return Slice{Name: name, Of: fieldOf(name)} }

// byList is ByField for a field that is a list.
func byList(name string) Slice {
	return Slice{Name: name, Many: func(i *Item) []string { return i.List(name) }}
}

func fieldOf(name string) func(*Item) string { return func(i *Item) string { return i.Field(name) } }

// byKind is the slice by the kind of questions.
func byKind(name string) Slice {
	return Slice{Name: name, Of: func(i *Item) string { return i.Kind }}
}

// resized are the usual image ops: the whole image, stretched to a square.
const resized = "decode|resize({size})|value_range(-1,1)"

// captionBeams is beam search as T5X does it, which PaLI used for captions; PaLI-3's own setting is
// not published.
func captionBeams(tokens int) Decoding { return Decoding{Beams: 4, Alpha: 0.6, MaxTokens: tokens} }

// Submission is a form of predictions.
type Submission struct {
	// ID and Text are the names of the members for the id and for the prediction. A file of
	// predictions may name them so, or "id" and "prediction".
	ID, Text string
	// Confidence is the name of the member for a number that says how sure the model is, if the
	// server takes one: VizWiz asks for the probability that a question can be answered. It may be
	// Text itself.
	Confidence string
	// Number says that the server wants ids as numbers, ByID that it wants an object by id instead
	// of a list, Lines that it wants lines of id, comma, prediction, Folder that its script reads a
	// folder with a *.txt for each task, with image, question, answer and response between tabs.
	Number, ByID, Lines, Folder bool
	// Nested says that it wants an object of videos, with an object of texts by question each. Ids
	// have "_" between the two.
	Nested bool
	// Table says that boxes are rows of a CSV: ImageID, LabelName, Score, XMin, XMax, YMin, YMax.
	Table bool
	// Regions says that a record may have a mask ("segmentation", run lengths as COCO's mask API
	// writes them) or a box ("bbox") instead of a text.
	Regions bool
	// Source is where the form is described.
	Source string
}

// Prediction is a record of a file of predictions.
type Prediction struct {
	ID, Text   string
	Confidence *float64 // nil if there is none
	Error      string   // why there is no text
	Line       int      // of the file, from 1
	// Found is the box or mask of a form with Regions.
	Found   []detection.Detection
	Failure string // kind of failure, of predictions that a run of the benchmark on a model wrote
}

// Files are the paths of a benchmark's files.
type Files struct {
	Annotations string // the right answers, in the benchmark's own format
	Questions   string // optional if the annotations suffice
	Instances   string // boxes and images, for RefCOCO; default instances.json beside the annotations
	Classes     string // names of classes, for Open Images
	Labels      string // of images, for Open Images
	Hierarchy   string // of classes, for Open Images
	Choices     string // valid and plausible answers, for GQA
	Predictions string // in the format of the benchmark's server, or one JSON object a line
	// ImageEmbeddings and TextEmbeddings are Parquet files, instead of predictions, for retrieval:
	// as `pali3 embed` writes them, with the columns key, kind, index, text and embedding. One file
	// may be both.
	ImageEmbeddings, TextEmbeddings string
	// Split to score, of files that have several.
	Split string
}

// Table lists benchmarks.
type Table []Benchmark

// Names returns the names of the benchmarks, sorted.
func (t Table) Names() []string {
	names := make([]string, 0, len(t))
	for _, b := range t {
		names = append(names, b.Name)
	}
	slices.Sort(names)
	return names
}

// Named returns the benchmark with the given name. The error lists the names in the table.
func (t Table) Named(name string) (Benchmark, error) {
	for _, b := range t {
		if b.Name == name {
			return b, nil
		}
	}
	meant := ""
	if near := strict.Close(name, t.Names()); near != "" {
		meant = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return Benchmark{}, fmt.Errorf("unknown benchmark %q%s; choose from %s", name, meant, strings.Join(t.Names(), ", "))
}

// Check reports what is missing or wrong in the benchmark.
func (b *Benchmark) Check() error {
	var all []error
	need := func(ok bool, what string) {
		if !ok {
			all = append(all, fmt.Errorf("benchmark %s: %s", b.Name, what))
		}
	}
	need(b.Name != "", "no Name")
	need(b.About != "", "no About")
	need((b.Layout != "") != (b.Read != nil), "give a Layout or Read, not both")
	need(b.Layout == "" || slices.Contains(layouts.Layouts(), b.Layout), fmt.Sprintf("Layout %q is not one of %s", b.Layout, strings.Join(layouts.Layouts(), ", ")))
	need(slices.Contains([]Task{Captions, Answers, Choices, YesNo, Boxes, Masks, Retrieval, Labels}, b.Task), fmt.Sprintf("Task %q is none", b.Task))
	need(b.Unit != "", "no Unit: what is one observation?")
	need(b.Cluster != "", "no Cluster: which observations depend on each other?")
	need(len(b.Metrics) > 0 || b.Missing != "", "no Metrics, and no Missing to say why")
	names := map[string]bool{}
	for _, m := range b.Metrics {
		if err := m.check(); err != nil {
			all = append(all, fmt.Errorf("benchmark %s: %w", b.Name, err))
		}
		need(!names[m.Name], fmt.Sprintf("two metrics %s", m.Name))
		names[m.Name] = true
	}
	for _, p := range b.Protocols {
		need(p.Name != "" && p.Name != Official && p.Source != "" && len(p.Metrics) > 0, fmt.Sprintf("protocol %q lacks a name of its own, a source or metrics", p.Name))
		for _, m := range p.Metrics {
			if err := m.check(); err != nil {
				all = append(all, fmt.Errorf("benchmark %s: protocol %s: %w", b.Name, p.Name, err))
			}
		}
	}
	for _, s := range b.Slices {
		need(s.Name != "" && (s.Of != nil) != (s.Many != nil), "a slice without Name or Of")
	}
	for _, s := range b.Splits {
		need(s.Name != "" && s.N >= 0, fmt.Sprintf("split %q of %d", s.Name, s.N))
		marked := (s.Confidence == Verified || s.Confidence == Secondary) && s.Source != "" && s.N > 0
		need(marked || s.Confidence == "" && s.Source == "", fmt.Sprintf("split %s: give its size, Confidence and Source, or neither of the last two", s.Name))
	}
	for _, p := range b.Published {
		need(p.Confidence == Verified || p.Confidence == Secondary, fmt.Sprintf("Published %s: confidence %q", p.Model, p.Confidence))
	}
	return errors.Join(all...)
}

// records yields the records of the benchmark's files.
func (b *Benchmark) records(ctx context.Context, f Files) iter.Seq2[Record, error] {
	if b.Read != nil {
		return b.Read(ctx, f)
	}
	if b.Layout == "imagenet" && b.Beside != nil {
		f.Labels = "" // which Beside reads
	}
	return layouts.Annotations(ctx, layouts.Options{Layout: b.Layout, Annotations: f.Annotations, Questions: f.Questions, Instances: f.Instances, Classes: f.Classes, Labels: f.Labels, Hierarchy: f.Hierarchy})
}
