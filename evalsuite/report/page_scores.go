package report

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// metricStyle says how a metric is called and printed.
type metricStyle struct {
	Title   string
	Help    string
	Unit    string
	factor  float64 // the printed value is the value times factor
	places  int
	ceiling float64 // the value at the right end of its scale; 0: chosen from the scores
	lower   bool    // lower values are better
}

// metricStyles are those of metrics that are not built in.
type metricStyles []evalsuite.Metric

// funcs are the template's functions that print scores.
func (m metricStyles) funcs() template.FuncMap {
	return template.FuncMap{
		"scores": m.scoreTables, "compared": m.comparedRows, "groups": m.groupRows, "metric": m.named,
		"beside": m.besideTables, "versus": m.versusTables, "protocolscore": m.protocolScore,
	}
}

// named returns the style of a metric.
func (m metricStyles) named(name string) metricStyle {
	for _, of := range m {
		if of.Name != name {
			continue
		}
		style := metricStyle{Title: name, Help: of.Help, factor: 1, places: 3, ceiling: of.Max, lower: of.LowerIsBetter}
		switch {
		case of.Max == 1:
			style.Unit, style.factor, style.places = "%", 100, 1
		case of.Max == 10: // CIDEr, which papers print times 100
			style.Unit, style.factor, style.places, style.ceiling = "× 100", 100, 1, 0
		}
		return style
	}
	return builtinStyle(name)
}

// builtinStyle returns the style of a built-in metric. An unknown metric has its own name and is
// shown in percent.
func builtinStyle(name string) metricStyle {
	percent := metricStyle{Title: name, Unit: "%", factor: 100, places: 1, ceiling: 1}
	switch {
	case name == "caption_cider":
		return metricStyle{Title: "Captions, CIDEr", factor: 1, places: 2}
	case name == "caption_exact":
		percent.Title = "Captions, exact"
	case name == "caption_bleu4":
		percent.Title = "Captions, BLEU-4"
	case name == "vqa_accuracy":
		percent.Title = "Questions, accuracy"
	case strings.HasPrefix(name, "i2t_r"):
		percent.Title = "Image to text, R@" + strings.TrimPrefix(name, "i2t_r")
	case strings.HasPrefix(name, "t2i_r"):
		percent.Title = "Text to image, R@" + strings.TrimPrefix(name, "t2i_r")
	case name == "loss":
		return metricStyle{Title: "Loss", factor: 1, places: 3, lower: true}
	case strings.HasPrefix(name, "loss/"):
		return metricStyle{Title: "Loss of " + strings.TrimPrefix(name, "loss/"), factor: 1, places: 3, lower: true}
	}
	return percent
}

// metricName returns what the page calls a metric.
func metricName(metric string) string { return builtinStyle(metric).Title }

func (m metricStyle) format(value float64) string {
	return fmt.Sprintf("%.*f", m.places, m.factor*value)
}

// measure is a score as the page shows it: formatted numbers, and a mark on a scale, in percent of
// the scale's width.
type measure struct {
	Who          string // model, untrained or blind
	Value        string
	Lo, Hi       string
	At           float64
	Left, Length float64 // the interval
}

// scoreRow is one metric of one split.
type scoreRow struct {
	Name     string
	Metric   metricStyle
	Measures [3]*measure // model, untrained, blind
	N        string
	Top      string // the value at the right end of the scale
}

// scoreTable is one split's.
type scoreTable struct {
	Split string
	Rows  []scoreRow
}

// scoreTables groups the scores by split, in the order of their first score. A metric has the same
// scale in all tables.
func (m metricStyles) scoreTables(scores []Score) []scoreTable {
	tops := map[string]float64{}
	for _, s := range scores {
		top := m.named(s.Metric).ceiling
		if top == 0 {
			top = max(tops[s.Metric], niceAbove(s.Model.Hi))
		}
		tops[s.Metric] = top
	}
	var tables []scoreTable
	for _, s := range scores {
		i := slices.IndexFunc(tables, func(t scoreTable) bool { return t.Split == s.Split })
		if i < 0 {
			i = len(tables)
			tables = append(tables, scoreTable{Split: s.Split})
		}
		style, top := m.named(s.Metric), tops[s.Metric]
		row := scoreRow{Name: s.Metric, Metric: style, N: count(int64(s.Model.N)), Top: fmt.Sprintf("%.4g", style.factor*top)}
		row.Measures[0] = newMeasure("model", &s.Model, style, top)
		row.Measures[1] = newMeasure("untrained", s.Untrained, style, top)
		row.Measures[2] = newMeasure("blind", s.Blind, style, top)
		tables[i].Rows = append(tables[i].Rows, row)
	}
	return tables
}

func newMeasure(who string, s *metrics.Score, style metricStyle, top float64) *measure {
	if s == nil {
		return nil
	}
	place := func(v float64) float64 { return 100 * min(1, max(0, v/top)) }
	return &measure{
		Who: who, Value: style.format(s.Value), Lo: style.format(s.Lo), Hi: style.format(s.Hi),
		At: place(s.Value), Left: place(s.Lo), Length: place(s.Hi) - place(s.Lo),
	}
}

// groupRow is one line of a breakdown.
type groupRow struct {
	Name         string
	N            string
	Model, Blind *measure
}

// groupTable is a breakdown on a scale from 0 to Top.
type groupTable struct {
	Rows []groupRow
	Top  string
}

func (m metricStyles) groupRows(groups []Group, metric string) groupTable {
	style, top := m.named(metric), 0.0
	for _, g := range groups {
		top = max(top, g.Model.Hi)
		if g.Blind != nil {
			top = max(top, g.Blind.Value)
		}
	}
	if top = niceAbove(top); style.ceiling > 0 {
		top = min(top, style.ceiling)
	}
	t := groupTable{Top: fmt.Sprintf("%.4g", style.factor*top)}
	for _, g := range groups {
		t.Rows = append(t.Rows, groupRow{Name: g.Name, N: count(int64(g.Model.N)),
			Model: newMeasure("model", &g.Model, style, top), Blind: newMeasure("blind", g.Blind, style, top)})
	}
	return t
}

// lengthRow is a language with the length of its texts, in percent of the longest.
type lengthRow struct {
	Fertility
	OfLongest float64
	Texts     string
}

func lengthRows(languages []Fertility) (rows []lengthRow) {
	longest := 0.0
	for _, l := range languages {
		longest = max(longest, l.IDsPerText)
	}
	for _, l := range languages {
		rows = append(rows, lengthRow{l, 100 * l.IDsPerText / max(longest, 1e-9), count(int64(l.Texts))})
	}
	return rows
}

// niceAbove returns the smallest of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten not below v.
func niceAbove(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.5, 2, 3, 4, 5, 6, 8} {
		if v <= step*power {
			return step * power
		}
	}
	return 10 * power
}

// count formats a number with thin spaces between thousands.
func count(n int64) string {
	digits := fmt.Sprint(n)
	var out strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			out.WriteRune('\u202f')
		}
		out.WriteRune(d)
	}
	return out.String()
}

// duration formats seconds, such as "6 min 12 s".
func duration(seconds float64) string {
	s := int64(math.Round(seconds))
	switch {
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
}

// languageName returns the English name of a BCP-47 code, or the code if it has none.
func languageName(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if name := display.English.Tags().Name(tag); name != "" {
		return name
	}
	return code
}

// splitName turns held_out into "Held out".
func splitName(split string) string {
	words := strings.ReplaceAll(split, "_", " ")
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
