package benchmarks

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Score is a score with its interval.
type Score struct {
	metrics.Score
	// Clusters is the number of groups that were resampled for the interval.
	Clusters int `json:"clusters"`
}

// Scores holds scores by the name of the metric.
type Scores map[string]Score

// ResultVersion is the version of the JSON of a [Result]. Members may be added without a new
// version.
const ResultVersion = 1

// Names of the files in the folder of an evaluation: the [Result], and the scored items that
// [Options.Scored] gets.
const (
	ResultFile = "result.json"
	ScoredFile = "scored.jsonl"
)

// Result holds the scores of a benchmark. Its JSON is a stable format.
type Result struct {
	Version int    `json:"version"`
	Bench   string `json:"bench"`
	// Split that the items are of, if it is known, and the number of items that were scored.
	Split  string `json:"split,omitempty"`
	Items  int    `json:"items"`
	Scores Scores `json:"scores"`
	// Slices holds scores by slice and group, for example Slices["answer_type"]["yes/no"].
	Slices map[string]map[string]Scores `json:"slices"`
	// Comparable holds by metric whether the scores may be compared with published ones.
	Comparable map[string]Comparable `json:"comparable"`
	// Unparsed counts the predictions in which the owner's rule found no answer, by the reason as
	// Kind. They count as wrong.
	Unparsed []Problem `json:"unparsed,omitempty"`
	// Protocols holds the scores by other rules, if they were asked for.
	Protocols map[string]ProtocolResult `json:"protocols,omitempty"`
	// Problems counts what was wrong in the files and did not stop the scoring.
	Problems []Problem `json:"problems,omitempty"`
	// Published lists scores of others by the same metrics, on whatever split.
	Published []Published `json:"published,omitempty"`

	percent map[string]float64 // by metric, the factor by which it is shown
}

// ProtocolResult holds the scores by a protocol.
type ProtocolResult struct {
	Source string `json:"source"`
	Scores Scores `json:"scores"`
	// Comparable holds by metric whether the scores may be compared with others by this protocol.
	Comparable map[string]Comparable `json:"comparable"`
	Unparsed   []Problem             `json:"unparsed,omitempty"`
	// Differs counts the questions that the first metric scores differently from the owner's.
	Differs Problem `json:"differs"`
}

// WriteText writes the result as a table, in percent where the metric ranges to 1.
func (r *Result) WriteText(w io.Writer) error {
	type line struct {
		label, metric string
		score         Score
	}
	var lines []line
	add := func(label string, scores Scores) {
		for _, metric := range slices.Sorted(maps.Keys(scores)) {
			lines = append(lines, line{label, metric, scores[metric]})
		}
	}
	add("all", r.Scores)
	for _, slice := range slices.Sorted(maps.Keys(r.Slices)) {
		if len(r.Slices[slice]) == 0 {
			continue
		}
		lines = append(lines, line{label: "by " + slice})
		for _, group := range slices.Sorted(maps.Keys(r.Slices[slice])) {
			add("  "+group, r.Slices[slice][group])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Protocols)) {
		p := r.Protocols[name]
		lines = append(lines, line{label: "by the rules of " + name})
		add(fmt.Sprintf("  differs on %d", p.Differs.Count), p.Scores)
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
		s, factor := l.score, r.percent[l.metric]
		if factor == 0 {
			factor = 100
		}
		fmt.Fprintf(&out, "%-*s  %-*s  %6.2f  %6.2f to %6.2f  %8d\n", labels, l.label, names, l.metric, factor*s.Value, factor*s.Lo, factor*s.Hi, s.N)
	}
	for _, p := range r.Unparsed {
		fmt.Fprintf(&out, "No answer in %d predictions (%s), for example %s\n", p.Count, p.Kind, few(p.First))
	}
	r.writeComparable(&out)
	_, err := io.WriteString(w, out.String())
	return err
}
