package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/shards"
)

// Compare returns the report of a comparison of two models. The result holds the changed items that
// the page shows ([compare.Options.Flips]).
func Compare(r *compare.Result, o Options) (*Report, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	p := &page{Options: o, report: &Report{}, datasets: map[string]*shards.Dataset{}}
	defer p.close()
	if err := p.openImages(); err != nil {
		return nil, err
	}
	p.report.Title = versusTitle(r.A, r.B)
	p.report.Summary = r.Meaning() + "."
	p.report.Facts = []Fact{{"A", r.A}, {"B", r.B}, {"Accepted loss", fmt.Sprint(r.Margin)}}
	p.report.Versus = &Versus{r}
	p.leftOutOf(r)
	for i := range r.Metrics {
		p.describeCompared(&r.Metrics[i])
		if err := p.flips(r, &r.Metrics[i]); err != nil {
			return nil, err
		}
	}
	if len(p.report.Flips) > 0 && p.find == nil {
		p.miss("The changed items have no images. Show them with", "--images FOLDER or --data DATASET")
	}
	return p.done(), nil
}

// shortName is the last part of a path.
func shortName(path string) string { return filepath.Base(filepath.Clean(path)) }

// leftOutOf notes what is not compared.
func (p *page) leftOutOf(r *compare.Result) {
	for _, left := range []struct {
		compare.Tally
		what string
	}{
		{r.OnlyA, "items that only A has"}, {r.OnlyB, "items that only B has"},
		{r.Changed, "items whose question, references or image differ"}, {r.Unmatched, "values that only one model has"},
	} {
		if left.Count > 0 {
			p.note("Left out: %d %s, for example %v.", left.Count, left.what, left.Names)
		}
	}
}

// describeCompared tells the page how to print a metric of a benchmark.
func (p *page) describeCompared(m *compare.Metric) {
	bench, err := p.Benchmarks.Named(m.Task)
	if err != nil {
		return
	}
	for _, of := range bench.Metrics {
		if of.Name == m.Name && !slices.ContainsFunc(p.report.Metrics, func(known evalsuite.Metric) bool { return known.Name == m.Name }) {
			p.report.Metrics = append(p.report.Metrics, evalsuite.Metric{Name: of.Name, Help: of.About, Max: max(of.Max, 1), LowerIsBetter: of.LowerIsBetter})
		}
	}
}

// flips adds the items that a metric scores differently.
func (p *page) flips(r *compare.Result, m *compare.Metric) error {
	f := Flips{Metric: m.Name, A: r.A, B: r.B, Better: m.Better.Count, Worse: m.Worse.Count, N: m.Difference.N}
	for _, group := range []compare.Flips{m.Better, m.Worse} {
		for _, item := range group.Items {
			image, err := p.imageOf(cmp.Or(item.Image, item.Cluster))
			if err != nil {
				return err
			}
			f.Items = append(f.Items, Flip{Flip: item, Image: image, Truth: clip(distinct(item.References)), Better: len(f.Items) < len(m.Better.Items)})
		}
	}
	if len(f.Items) > 0 {
		p.report.Flips = append(p.report.Flips, f)
	}
	return nil
}

// versusTitle names both models by the last part of their paths, or by the whole paths if these
// parts are equal.
func versusTitle(a, b string) string {
	if shortName(a) != shortName(b) {
		a, b = shortName(a), shortName(b)
	}
	return b + " against " + a
}
