package evalsuite

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// shownSlices is how many languages or kinds of question the table shows.
const shownSlices = 20

// WriteText writes the evaluation as a table of 80 columns for people.
func (e *Evaluation) WriteText(w io.Writer) error {
	t := &evalTable{untrained: hasUntrained(e)}
	fmt.Fprintf(&t.text, "%s\non %s, split %s: %s\n\n", e.Model, e.Data, e.Split, count(e.Samples, "sample"))
	t.row("", "metric", "model (95% interval)", "untrained", "blind", "n")
	for _, metric := range e.MetricNames() {
		t.scores("", metric, e.Scores[metric], e.BlindBy[metric])
	}
	if more := e.metricNames(true); len(more) > 0 {
		fmt.Fprintln(&t.text, wrap("Also in --json: "+strings.Join(more, ", ")+".", 80))
	}
	sliced := []string{"caption_cider", vqaAccuracy, objectAccuracy, matchAccuracy, "i2t_r1", top1}
	for _, m := range e.Metrics {
		sliced = append(sliced, m.Name)
	}
	for _, metric := range sliced {
		t.slices(metric+" by language", e.ByLanguage[metric])
		t.slices(metric+" by kind of question", e.ByKind[metric])
		t.slices(metric+" by class", e.ByClass[metric])
	}
	t.notes(e)
	_, err := io.WriteString(w, t.text.String())
	return err
}

type evalTable struct {
	text      strings.Builder
	untrained bool // has a column
}

func hasUntrained(e *Evaluation) bool {
	for _, s := range e.Scores {
		if s.Untrained != nil {
			return true
		}
	}
	return false
}

const nameColumn = 18

// wideBelow is the number of samples below which a note says that the intervals are wide: around a
// share of one half, the 95% interval of 100 samples is 0.4 to 0.6.
const wideBelow = 100

func (t *evalTable) row(indent, name, model, untrained, blind, n string) {
	if runes := []rune(name); len(runes) > nameColumn-len(indent) {
		name = string(runes[:nameColumn-len(indent)-1]) + "…"
	}
	line := fmt.Sprintf("%s%-*s %-24s", indent, nameColumn-len(indent), name, model)
	if t.untrained {
		line += fmt.Sprintf(" %9s", untrained)
	}
	line += fmt.Sprintf("  %-17s %6s", blind, n)
	fmt.Fprintln(&t.text, strings.TrimRight(line, " "))
}

func (t *evalTable) scores(indent, name string, s Scores, by string) {
	untrained, blind := "", ""
	if s.Untrained != nil {
		untrained = fmt.Sprintf("%.3f", s.Untrained.Value)
	}
	if s.Blind != nil {
		blind = strings.TrimSpace(fmt.Sprintf("%.3f %s", s.Blind.Value, by))
	}
	t.row(indent, name, interval(s.Model), untrained, blind, fmt.Sprint(s.Model.N))
}

func interval(s metrics.Score) string { return fmt.Sprintf("%.3f (%.3f to %.3f)", s.Value, s.Lo, s.Hi) }

// slices prints a metric by language or kind, those with the most first, where there is more than
// one.
func (t *evalTable) slices(title string, by map[string]Scores) {
	if len(by) < 2 {
		return
	}
	names := slices.Sorted(maps.Keys(by))
	slices.SortStableFunc(names, func(a, b string) int { return by[b].Model.N - by[a].Model.N })
	fmt.Fprintf(&t.text, "\n%s\n", title)
	for _, name := range names[:min(shownSlices, len(names))] {
		label := name
		if label == "" {
			label = "(none)"
		}
		t.scores("  ", label, by[name], "")
	}
	if more := len(names) - shownSlices; more > 0 {
		fmt.Fprintf(&t.text, "  and %d more: see --json\n", more)
	}
}

// notes says what a reader of the numbers must know.
func (t *evalTable) notes(e *Evaluation) {
	unclear := e.Unclear()
	if e.Samples >= wideBelow && len(unclear) == 0 {
		return
	}
	fmt.Fprintln(&t.text)
	if e.Samples < wideBelow {
		fmt.Fprintf(&t.text, "Only %s: the intervals are wide.\n", count(e.Samples, "sample"))
	}
	if len(unclear) > 0 {
		text := "Not clearly above the blind baseline (the intervals overlap): " + strings.Join(unclear, ", ") + "."
		fmt.Fprintln(&t.text, wrap(text, 80))
	}
}

// wrap breaks a text into lines of at most width characters.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case column == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}

// count writes a number of things.
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
