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

// Comparable says whether scores may be compared with those that others publish.
type Comparable struct {
	Answer string `json:"answer"` // yes or no
	Why    string `json:"why"`
}

// ResultVersion is the version of the JSON of a [Result]. Members may be added without a new
// version.
const ResultVersion = 1

// Result holds the scores of a benchmark. Its JSON is a stable format.
type Result struct {
	Version int    `json:"version"`
	Bench   string `json:"bench"`
	Scores  Scores `json:"scores"`
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

	percent map[string]float64 // by metric, the factor by which it is shown
}

// ProtocolResult holds the scores by a protocol.
type ProtocolResult struct {
	Source   string    `json:"source"`
	Scores   Scores    `json:"scores"`
	Unparsed []Problem `json:"unparsed,omitempty"`
	// Differs counts the questions that the first metric scores differently from the owner's.
	Differs Problem `json:"differs"`
}

// compare sets Comparable: a score is comparable if all questions of a split that the owner
// publishes were scored.
func (r *Result) compare(b *Benchmark, split string) {
	r.Version, r.Comparable, r.percent = ResultVersion, map[string]Comparable{}, map[string]float64{}
	for _, m := range b.Metrics {
		r.percent[m.Name] = m.percent()
		if score, ok := r.Scores[m.Name]; ok {
			n := score.N
			if b.Task == Retrieval {
				n = score.Clusters // sizes of splits are numbers of images
			}
			r.Comparable[m.Name] = b.comparable(r, n, split)
		}
	}
}

func (b *Benchmark) comparable(r *Result, n int, split string) Comparable {
	for _, p := range r.Problems {
		if p.Kind == Missing || p.Kind == TimedOut || p.Kind == Unanswered || p.Kind == Unreadable || p.Kind == LeftOut {
			return Comparable{"no", p.String()}
		}
	}
	var known []string
	for _, s := range b.Splits {
		if s.N == 0 || split != "" && split != s.Name {
			continue
		}
		if s.N == n {
			return Comparable{"yes", fmt.Sprintf("all %d of split %s by the rule of %s", n, s.Name, b.Metrics[0].Source)}
		}
		known = append(known, fmt.Sprintf("%s has %d", s.Name, s.N))
	}
	if len(known) == 0 {
		return Comparable{"no", fmt.Sprintf("the size of the published splits is not known here, so %d scored may not be all", n)}
	}
	return Comparable{"no", fmt.Sprintf("n is %d; %s", n, strings.Join(known, ", "))}
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

// writeComparable writes which scores may not be compared with published ones, and why.
func (r *Result) writeComparable(out *strings.Builder) {
	by := map[string][]string{}
	for _, metric := range slices.Sorted(maps.Keys(r.Comparable)) {
		if c := r.Comparable[metric]; c.Answer == "no" {
			by[c.Why] = append(by[c.Why], metric)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(out, "Not comparable with published scores: %s (%s)\n", strings.Join(by[why], ", "), why)
	}
}
