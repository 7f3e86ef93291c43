package report

import (
	"cmp"
	"fmt"
	"math"

	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// versusRow is a difference with its interval on a scale around 0.
type versusRow struct {
	Name             string
	A, B, Difference string
	Lo, Hi           string
	At               float64 // the mark, in percent of the scale
	Left, Length     float64 // the interval
	Side             string  // better, worse or open: which side of 0 the interval is on
	N                string
	P                string
}

// versusTable is a metric with its groups on one scale.
type versusTable struct {
	*compare.Metric
	Style  metricStyle
	Row    versusRow
	Margin float64 // place of the accepted loss, in percent
	Top    string  // the value at the ends of the scale
	Slices []versusSlice
}

// versusSlice holds the groups of a slice.
type versusSlice struct {
	By   string
	Rows []versusRow
	More int // groups that are not shown
}

// versusTables lays out a comparison. The scale of a metric reaches as far as the farthest interval
// of its groups that are not tiny.
func (m metricStyles) versusTables(v *Versus) (all []versusTable) {
	for i := range v.Metrics {
		metric := &v.Metrics[i]
		style := m.named(metric.Name)
		top := max(math.Abs(metric.Difference.Lo), math.Abs(metric.Difference.Hi), v.Margin)
		for _, s := range metric.Slices {
			if 20*s.Difference.N >= metric.Difference.N {
				top = max(top, math.Abs(s.Difference.Lo), math.Abs(s.Difference.Hi))
			}
		}
		top = niceAbove(top)
		if metric.Difference.Lo == 0 && metric.Difference.Hi == 0 && v.Margin == 0 && len(metric.Slices) == 0 {
			top = 1
		}
		loss := -v.Margin
		if metric.LowerIsBetter {
			loss = v.Margin
		}
		t := versusTable{Metric: metric, Style: style, Margin: 50 + 50*loss/top, Top: fmt.Sprintf("%.4g", style.factor*top)}
		t.Row = newVersusRow(metric.Name, metric.A.Value, metric.B.Value, metric.Difference, style, metric.LowerIsBetter, top)
		for _, s := range metric.Slices {
			if len(t.Slices) == 0 || t.Slices[len(t.Slices)-1].By != s.By {
				t.Slices = append(t.Slices, versusSlice{By: s.By})
			}
			of := &t.Slices[len(t.Slices)-1]
			if len(of.Rows) == mostGroups {
				of.More++
				continue
			}
			of.Rows = append(of.Rows, newVersusRow(cmp.Or(s.Name, "none"), s.A, s.B, s.Difference, style, metric.LowerIsBetter, top))
		}
		all = append(all, t)
	}
	return all
}

func newVersusRow(name string, a, b float64, d metrics.Difference, style metricStyle, lower bool, top float64) versusRow {
	place := func(v float64) float64 { return min(100, max(0, 50+50*v/top)) }
	r := versusRow{
		Name: name, A: style.format(a), B: style.format(b), Difference: signed(style, d.Value), Lo: signed(style, d.Lo), Hi: signed(style, d.Hi),
		At: place(d.Value), Left: place(d.Lo), Length: place(d.Hi) - place(d.Lo), Side: "open", N: count(int64(d.N)), P: pValue(d.P),
	}
	switch {
	case d.Lo > 0 != lower && (d.Lo > 0 || d.Hi < 0):
		r.Side = "better"
	case d.Lo > 0 || d.Hi < 0:
		r.Side = "worse"
	}
	return r
}

// signed formats a difference with its sign.
func signed(style metricStyle, v float64) string {
	text := style.format(math.Abs(v))
	switch {
	case v < 0 && text != style.format(0):
		return "\u2212" + text
	case v > 0 && text != style.format(0):
		return "+" + text
	}
	return text
}

func pValue(p float64) string {
	if p < 0.0001 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.4f", p)
}
