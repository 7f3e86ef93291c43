package report

import "strings"

// fallRow is a step of the waterfall from the samples before curation to the samples after it. Left
// and Width are in percent of the samples before.
type fallRow struct {
	Name        string
	Kind        string // in, removed or out
	N           string
	Share       float64 // in percent
	Left, Width float64
}

// waterfall lays out a curation: how many samples came in, how many each rule removed, how many
// stayed. It skips rules that removed nothing; see [Curation.Idle].
func waterfall(c *Curation) []fallRow {
	all := max(1, float64(c.In))
	percent := func(n int64) float64 { return min(100, max(0, 100*float64(n)/all)) }
	rows := []fallRow{{"came in", "in", count(c.In), 100, 0, percent(c.In)}}
	left := c.In
	for _, r := range c.Rules {
		if r.Removed == 0 {
			continue
		}
		left -= r.Removed
		rows = append(rows, fallRow{ruleName(r.Name), "removed", "\u2212" + count(r.Removed), percent(r.Removed), percent(left), percent(r.Removed)})
	}
	return append(rows, fallRow{"stayed", "out", count(c.Out), percent(c.Out), 0, percent(c.Out)})
}

// Idle lists the rules that removed nothing.
func (c *Curation) Idle() string {
	var names []string
	for _, r := range c.Rules {
		if r.Removed == 0 {
			names = append(names, ruleName(r.Name))
		}
	}
	return strings.Join(names, ", ")
}

// ruleName turns near_duplicate into "near duplicate".
func ruleName(name string) string { return strings.ReplaceAll(name, "_", " ") }

// countRow is a count with its share of the largest.
type countRow struct {
	Name      string
	Code      string // the name, empty for the rest
	N         string
	OfLargest float64 // in percent
}

// countRows returns at most limit rows; the last one sums the rest.
func countRows(counts []Count, limit int) (rows []countRow) {
	if more := len(counts) - limit + 1; more > 1 {
		rest := Count{Name: count(int64(more)) + " others"}
		for _, c := range counts[limit-1:] {
			rest.N += c.N
		}
		counts = append(counts[:limit-1:limit-1], rest)
		defer func() { rows[limit-1].Code = "" }()
	}
	largest := int64(1)
	for _, c := range counts {
		largest = max(largest, c.N)
	}
	for _, c := range counts {
		rows = append(rows, countRow{c.Name, c.Name, count(c.N), 100 * float64(c.N) / float64(largest)})
	}
	return rows
}

// binRows returns a row for each bin of a histogram.
func binRows(h *Histogram) []countRow { return countRows(h.Bins, len(h.Bins)) }
