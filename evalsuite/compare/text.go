package compare

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// shownSlices is how many groups of a slice the text shows of each metric.
const shownSlices = 20

// WriteText writes the result as tables for people. Scores are in the unit of the metric.
func (r *Result) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "A  %s\nB  %s\n", r.A, r.B)
	for _, left := range []struct {
		Tally
		what string
	}{{r.OnlyA, "that only A has"}, {r.OnlyB, "that only B has"}, {r.Changed, "whose question, references or image differ"}} {
		if left.Count > 0 {
			fmt.Fprintf(&out, "left out: %d items %s, for example %s\n", left.Count, left.what, strings.Join(left.Names, ", "))
		}
	}
	if r.Unmatched.Count > 0 {
		fmt.Fprintf(&out, "left out: %d values that only one model has, of %s\n", r.Unmatched.Count, strings.Join(r.Unmatched.Names, ", "))
	}
	if r.NotCompared.Count > 0 {
		fmt.Fprintf(&out, "left out: %d scores for which scored items do not suffice: %s\n", r.NotCompared.Count, strings.Join(r.NotCompared.Names, ", "))
	}
	width := len("caption_cider") + 5
	for i := range r.Metrics {
		width = max(width, len(r.label(&r.Metrics[i])))
	}
	fmt.Fprintf(&out, "\n%-*s %7s %7s  %-28s %8s %8s  %-12s %7s\n", width, "metric", "A", "B", "B - A (95% interval)", "p", "p (Holm)", "verdict", "n")
	for i := range r.Metrics {
		m := &r.Metrics[i]
		fmt.Fprintf(&out, "%-*s %7.4f %7.4f  %-28s %8s %8s  %-12s %7d\n", width, r.label(m), m.A.Value, m.B.Value, between(m), pValue(m.Difference.P), pValue(m.Holm), m.Verdict, m.Difference.N)
	}
	fmt.Fprintln(&out)
	for i := range r.Metrics {
		m := &r.Metrics[i]
		m.writeMore(&out, r.label(m))
	}
	fmt.Fprintf(&out, "%s: %s\n", r.Verdict, r.Meaning())
	_, err := io.WriteString(w, out.String())
	return err
}

// label names a metric, with its task if there are metrics of the same name.
func (r *Result) label(m *Metric) string {
	same := 0
	for i := range r.Metrics {
		if r.Metrics[i].Name == m.Name {
			same++
		}
	}
	if same > 1 {
		return m.Task + " " + m.Name
	}
	return m.Name
}

func between(m *Metric) string {
	d := m.Difference
	return fmt.Sprintf("%+.4f (%+.4f to %+.4f)", d.Value, d.Lo, d.Hi)
}

func pValue(p float64) string {
	if p < 0.0001 {
		return "<0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}

// writeMore writes the slices and counts of one metric.
func (m *Metric) writeMore(out *strings.Builder, label string) {
	items := fmt.Sprintf("B is better on %d items and worse on %d", m.Better.Count, m.Worse.Count)
	switch {
	case m.Alone:
		items = fmt.Sprintf("a score of all items together; by itself B is better on %d items and worse on %d", m.Better.Count, m.Worse.Count)
	case m.Statistic:
		items = "a score of all items together, without a value of each"
	}
	fmt.Fprintf(out, "%s: %s; %s test on %d clusters, which find a true difference of %.4f with a probability of 0.8\n",
		label, items, m.Difference.Test, m.Difference.Clusters, m.Smallest)
	shown := map[string]int{}
	var order []string
	for _, s := range m.Slices {
		if shown[s.By] == 0 {
			order = append(order, s.By)
		}
		if shown[s.By]++; shown[s.By] > shownSlices {
			continue
		}
		d := s.Difference
		fmt.Fprintf(out, "  %-9s %-16s %7.4f %7.4f  %+.4f (%+.4f to %+.4f) %8s %7d\n", s.By, cmp.Or(s.Name, "(none)"), s.A, s.B, d.Value, d.Lo, d.Hi, pValue(d.P), d.N)
	}
	for _, by := range order {
		if more := shown[by] - shownSlices; more > 0 {
			fmt.Fprintf(out, "  and %d more by %s: see --json\n", more, by)
		}
	}
	for _, group := range []struct {
		name string
		of   Flips
	}{{"better", m.Better}, {"worse", m.Worse}} {
		for _, f := range group.of.Items {
			fmt.Fprintf(out, "  %-6s %s %s\n", group.name, f.ID, f.describe())
		}
	}
	fmt.Fprintln(out)
}

// describe writes a changed item on one line.
func (f *Flip) describe() string {
	question := ""
	if f.Question != "" {
		question = fmt.Sprintf("%q: ", clip(f.Question))
	}
	right := ""
	if len(f.References) > 0 {
		right = "; right: " + clip(strings.Join(f.References, " | "))
	}
	return fmt.Sprintf("%sA %q (%.3g), B %q (%.3g)%s", question, clip(f.A), f.ValueA, clip(f.B), f.ValueB, right)
}

// clip cuts a text to 80 characters.
func clip(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return text
}

// Meaning says what the verdict is about.
func (r *Result) Meaning() string {
	loss := "B is no worse than A"
	if r.Margin > 0 {
		loss = fmt.Sprintf("B is at most %g worse than A", r.Margin)
	}
	switch r.Verdict {
	case Go:
		return loss + ", by the intervals of all metrics"
	case NoGo:
		return loss + " does not hold, by the interval of a metric"
	}
	return "whether " + loss + " is open: it takes more items"
}
