// Package benchmarks scores files of predictions, of any model, against the files in which each
// benchmark is published.
//
// A [Benchmark] says which files it reads and how it scores them; [Named] finds one. Each stands in
// a file of its own and is a row of the table here. What a benchmark returns is a [Result]: scores
// as fractions from 0 to 1, unrounded, with intervals, for the whole and by slices of it.
//
// Files are read as streams, a record at a time; only the predictions are held in memory. Every
// error names the file and the record. The package knows no models and no datasets of ours.
package benchmarks

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Files are paths.
type Files struct {
	Annotations string // the truth, in the benchmark's own format
	Questions   string // optional where annotations stand alone
	Predictions string // as the benchmark's server takes them, or one JSON object a line
}

// Benchmark is one published test.
type Benchmark struct {
	Name  string // as on the command line
	About string // one line
	// Score reads the files and scores every annotated question. It is an error if predictions are
	// missing, doubled or of unknown questions.
	Score func(context.Context, Files, metrics.Bootstrap) (*Result, error)
}

var table = []Benchmark{vqav2}

// All returns the benchmarks in order of their names.
func All() []Benchmark {
	return slices.SortedFunc(slices.Values(table), func(a, b Benchmark) int { return strings.Compare(a.Name, b.Name) })
}

// Named returns the benchmark of that name; the error lists those that there are.
func Named(name string) (Benchmark, error) {
	var names []string
	for _, b := range All() {
		if b.Name == name {
			return b, nil
		}
		names = append(names, b.Name)
	}
	return Benchmark{}, fmt.Errorf("no benchmark is called %q; there is %s", name, strings.Join(names, ", "))
}

// Scores are means by the name of the metric.
type Scores map[string]metrics.Score

// Result is what scoring a benchmark gives. Its JSON is a stable format.
type Result struct {
	Bench  string `json:"bench"`
	Scores Scores `json:"scores"`
	// Slices are by the slice's name and the group's: Slices["answer_type"]["yes/no"].
	Slices map[string]map[string]Scores `json:"slices"`
}

// WriteText prints the result as a table for people, in percent.
func (r *Result) WriteText(w io.Writer) error {
	type line struct {
		label, metric string
		score         metrics.Score
	}
	var lines []line
	add := func(label string, scores Scores) {
		for _, metric := range slices.Sorted(maps.Keys(scores)) {
			lines = append(lines, line{label, metric, scores[metric]})
		}
	}
	add("all", r.Scores)
	for _, slice := range slices.Sorted(maps.Keys(r.Slices)) {
		lines = append(lines, line{label: "by " + slice})
		for _, group := range slices.Sorted(maps.Keys(r.Slices[slice])) {
			add("  "+group, r.Slices[slice][group])
		}
	}
	labels, names := utf8.RuneCountInString(r.Bench), len("metric")
	for _, l := range lines {
		labels, names = max(labels, utf8.RuneCountInString(l.label)), max(names, len(l.metric))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-*s  %-*s   score      95%% interval         n\n", labels, r.Bench, names, "metric")
	for _, l := range lines {
		if l.metric == "" {
			fmt.Fprintln(&out, l.label)
			continue
		}
		s := l.score
		fmt.Fprintf(&out, "%-*s  %-*s  %6.2f  %6.2f to %6.2f  %8d\n", labels, l.label, names, l.metric, 100*s.Value, 100*s.Lo, 100*s.Hi, s.N)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
