package benchmarks

import (
	"fmt"
	"io"
	"strings"
)

// Description is what is known of a benchmark, as JSON.
type Description struct {
	Name       string           `json:"name"`
	About      string           `json:"about"`
	Task       Task             `json:"task"`
	Layout     string           `json:"layout,omitempty"`
	Splits     []Split          `json:"splits"`
	Scorable   Comparable       `json:"scorable"`
	Metrics    []MetricAbout    `json:"metrics"`
	Protocols  []string         `json:"protocols"`
	Rules      []RuleAbout      `json:"rules"`
	Slices     []string         `json:"slices"`
	Unit       string           `json:"unit"`
	Cluster    string           `json:"cluster"`
	Prompt     string           `json:"prompt"`
	Ops        string           `json:"ops"`
	Decoding   Decoding         `json:"decoding"`
	Submission *SubmissionAbout `json:"submission,omitempty"`
	Published  []Published      `json:"published"`
}

// MetricAbout describes a metric.
type MetricAbout struct {
	Name          string  `json:"name"`
	About         string  `json:"about"`
	Source        string  `json:"source"`
	Max           float64 `json:"max"`
	LowerIsBetter bool    `json:"lower_is_better,omitempty"`
}

// RuleAbout describes how a protocol, other than the owner's, computes a metric.
type RuleAbout struct {
	Protocol string `json:"protocol"`
	Metric   string `json:"metric"`
	About    string `json:"about"`
	Source   string `json:"source"`
}

// SubmissionAbout describes the predictions that a server takes.
type SubmissionAbout struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Source string `json:"source"`
}

// Describe returns what is known of a benchmark.
func (b *Benchmark) Describe() Description {
	d := Description{Name: b.Name, About: b.About, Task: b.Task, Layout: b.Layout, Splits: b.Splits, Unit: b.Unit, Cluster: b.Cluster,
		Prompt: b.Prompt, Ops: b.Ops, Decoding: b.Decoding, Published: b.Published,
		Scorable: Comparable{Yes, ""}, Metrics: []MetricAbout{}, Rules: []RuleAbout{}, Slices: []string{}}
	if len(b.Metrics) == 0 {
		d.Scorable = Comparable{No, b.Missing}
	}
	for _, m := range b.Metrics {
		d.Metrics = append(d.Metrics, MetricAbout{m.Name, m.About, m.Source, max(m.Max, 1), m.LowerIsBetter})
	}
	d.Protocols = []string{Official}
	for _, p := range b.Protocols {
		d.Protocols = append(d.Protocols, p.Name)
		for _, m := range p.Metrics {
			d.Rules = append(d.Rules, RuleAbout{p.Name, m.Name, m.About, m.Source})
		}
	}
	for _, s := range b.Slices {
		d.Slices = append(d.Slices, s.Name)
	}
	if b.Submission.ID != "" {
		d.Submission = &SubmissionAbout{b.Submission.ID, b.Submission.Text, b.Submission.Source}
	}
	if d.Published == nil {
		d.Published = []Published{}
	}
	if d.Splits == nil {
		d.Splits = []Split{}
	}
	return d
}

// Describe returns what is known of the benchmarks, in the order of the table.
func (t Table) Describe() []Description {
	all := make([]Description, 0, len(t))
	for n := range t {
		all = append(all, t[n].Describe())
	}
	return all
}

// WriteText writes a line for each benchmark.
func (t Table) WriteText(w io.Writer) error {
	var out strings.Builder
	width := 0
	for _, b := range t {
		width = max(width, len(b.Name))
	}
	for n := range t {
		b := &t[n]
		var names []string
		for _, m := range b.Metrics {
			names = append(names, m.Name)
		}
		scores := strings.Join(names, ", ")
		if scores == "" {
			scores = "not scored: " + b.Missing
		}
		fmt.Fprintf(&out, "%-*s  %-9s  %s [%s]\n", width, b.Name, b.Task, b.About, scores)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
