package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// besideRow is a score among those of others, on one scale.
type besideRow struct {
	measure
	Name, Note string
	Split      string
	Mark       string // of confidence: "verified", "secondary" or ""
	Source     string
	Ours       bool
}

// besideTable is a metric's score and published ones, the best first.
type besideTable struct {
	Beside
	Style metricStyle
	Rows  []besideRow
	Top   string
}

// besideTables lays out scores beside published ones. Published values are in the printed unit.
func (m metricStyles) besideTables(all []Beside) (tables []besideTable) {
	for _, b := range all {
		style := m.named(b.Metric)
		top := style.ceiling
		if top == 0 {
			top = niceAbove(b.Model.Hi)
			for _, p := range b.Published {
				top = max(top, niceAbove(p.Value/style.factor))
			}
		}
		t := besideTable{Beside: b, Style: style, Top: fmt.Sprintf("%.4g", style.factor*top)}
		t.Rows = append(t.Rows, besideRow{measure: *newMeasure("model", &b.Model, style, top), Name: "this model", Split: b.Split, Ours: true})
		for _, p := range b.Published {
			value := p.Value / style.factor
			row := besideRow{measure: *newMeasure("other", &metrics.Score{Value: value, Lo: value, Hi: value}, style, top), Name: p.Model, Note: p.Note, Split: p.Split, Mark: string(p.Confidence), Source: p.Source}
			row.Value = fmt.Sprint(p.Value)
			t.Rows = append(t.Rows, row)
		}
		slices.SortStableFunc(t.Rows, func(a, b besideRow) int {
			if style.lower {
				return cmp.Compare(a.At, b.At)
			}
			return cmp.Compare(b.At, a.At)
		})
		tables = append(tables, t)
	}
	return tables
}

// protocolScore returns a score by a protocol as the page prints it, or nil.
func (m metricStyles) protocolScore(p Protocol, metric string) *measure {
	s, ok := p.Scores[metric]
	if !ok {
		return nil
	}
	style := m.named(metric)
	return newMeasure(p.Name, &s.Score, style, max(style.ceiling, 1e-9))
}

// cell is a count of a confusion matrix, shaded by its share of the row.
type cell struct {
	N     string
	Share float64 // in percent of the row
	Right bool
}

// cells lays out a row of a confusion matrix.
func cells(c Confusion, row ConfusedRow) (all []cell) {
	sum := 0
	for _, n := range row.Predicted {
		sum += n
	}
	for at, n := range row.Predicted {
		all = append(all, cell{count(int64(n)), 100 * float64(n) / float64(max(1, sum)), at < len(c.Answers) && c.Answers[at] == row.Right})
	}
	return all
}

// answerText is how the page writes the answer of a [benchmarks.Comparable].
func answerText(c benchmarks.Comparable) string {
	switch c.Answer {
	case benchmarks.Yes:
		return "comparable with published scores"
	case benchmarks.No:
		return "not comparable with published scores"
	case benchmarks.Unclear:
		return "perhaps comparable with published scores"
	}
	return ""
}

// pairRow is a pair of answers with its share of the most frequent one.
type pairRow struct {
	Right, Predicted, N string
	OfLargest           float64 // in percent
}

func pairRows(c Confusion) (rows []pairRow) {
	for _, p := range c.Pairs {
		rows = append(rows, pairRow{p.Right, p.Predicted, count(int64(p.N)), 100 * float64(p.N) / float64(max(1, c.Pairs[0].N))})
	}
	return rows
}
