// Package benchmarks scores predictions, of any model, against the files in which a benchmark is
// published.
//
// A [Benchmark] names the files it reads and scores them. A [Table] lists benchmarks: [Builtin]
// returns the built-in ones, and a program adds its own by appending to that table. The result of
// scoring is a [Result]: scores as fractions from 0 to 1, not rounded, each with an interval, for
// the whole benchmark and for slices of it.
//
// Files are read as streams, one record at a time; only the predictions are held in memory. Every
// error names the file and the record. The package imports no models and no datasets of this
// module.
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

// Files are the paths of a benchmark's files.
type Files struct {
	Annotations string // the right answers, in the benchmark's own format
	Questions   string // optional if the annotations suffice
	Predictions string // in the format of the benchmark's server, or one JSON object a line
}

// Benchmark is a published test.
type Benchmark struct {
	Name  string // as on the command line
	About string // one line
	// Score reads the files and scores every annotated question. It returns an error if a question
	// has no prediction or two, or if a prediction is for an unknown question.
	Score func(context.Context, Files, metrics.Bootstrap) (*Result, error)
}

// Table lists benchmarks.
type Table []Benchmark

// Builtin returns a new table of the built-in benchmarks.
func Builtin() Table { return Table{vqav2} }

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
	return Benchmark{}, fmt.Errorf("unknown benchmark %q; choose from %s", name, strings.Join(t.Names(), ", "))
}

// Scores holds mean scores by the name of the metric.
type Scores map[string]metrics.Score

// Result holds the scores of a benchmark. Its JSON is a stable format.
type Result struct {
	Bench  string `json:"bench"`
	Scores Scores `json:"scores"`
	// Slices holds scores by slice and group, for example Slices["answer_type"]["yes/no"].
	Slices map[string]map[string]Scores `json:"slices"`
}

// WriteText writes the result as a table in percent.
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
