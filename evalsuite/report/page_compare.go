package report

import (
	"fmt"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// comparedRow is a metric of several runs.
type comparedRow struct {
	Metric   metricStyle
	Measures []*measure // one of each run
	Verdict  string
	Apart    bool // the intervals of the best two runs are disjoint
	Top      string
}

// comparedRows lays out a comparison. Field Who of a measure is the name of the run.
func (m metricStyles) comparedRows(c Comparison) (rows []comparedRow) {
	for _, s := range c.Scores {
		style := m.named(s.Metric)
		top := style.ceiling
		if top == 0 {
			for _, score := range s.Scores {
				if score != nil {
					top = max(top, niceAbove(score.Hi))
				}
			}
		}
		row := comparedRow{Metric: style, Top: fmt.Sprintf("%.4g", style.factor*top)}
		for i, score := range s.Scores {
			name := ""
			if i < len(c.Runs) {
				name = c.Runs[i]
			}
			row.Measures = append(row.Measures, newMeasure(name, score, style, top))
		}
		row.Verdict, row.Apart = verdict(style, c.Runs, s.Scores)
		rows = append(rows, row)
	}
	return rows
}

// verdict says whether the best run is clearly better than the next best: their intervals are
// disjoint.
func verdict(style metricStyle, runs []string, scores []*metrics.Score) (string, bool) {
	best, next := -1, -1
	better := func(i, j int) bool {
		if style.lower {
			return scores[i].Value < scores[j].Value
		}
		return scores[i].Value > scores[j].Value
	}
	for i, s := range scores {
		switch {
		case s == nil || i >= len(runs):
		case best < 0:
			best = i
		case better(i, best):
			best, next = i, best
		case next < 0 || better(i, next):
			next = i
		}
	}
	if next < 0 {
		return "one run only", false
	}
	a, b := scores[best], scores[next]
	switch {
	case a.Value == b.Value && a.Lo == b.Lo && a.Hi == b.Hi:
		return "the same", false
	case a.Lo > b.Hi || b.Lo > a.Hi:
		return runs[best] + " is better: the intervals are disjoint", true
	}
	return "intervals overlap", false
}
