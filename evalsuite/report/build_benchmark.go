package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/internal/jsonerr"
)

// isBenchmark reports whether a folder is one that pali3 eval --bench --out wrote.
func isBenchmark(dir string) bool {
	return exists(filepath.Join(dir, benchmarks.ResultFile)) && exists(filepath.Join(dir, benchmarks.ScoredFile))
}

// benchmark builds the report of a model on a benchmark.
func (p *page) benchmark(dir string) (*Report, error) {
	path := filepath.Join(dir, benchmarks.ResultFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r benchmarks.Result
	if err := jsonerr.Explain(json.Unmarshal(content, &r)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.Version != benchmarks.ResultVersion {
		return nil, fmt.Errorf("%s: version %d, this program reads version %d", path, r.Version, benchmarks.ResultVersion)
	}
	bench, err := p.Benchmarks.Named(r.Bench)
	if err != nil { // one that this program does not have
		bench = benchmarks.Benchmark{Name: r.Bench}
	}
	p.aboutBenchmark(filepath.Base(filepath.Clean(dir)), &bench, &r)
	p.describeMetrics(&bench, &r)
	p.benchmarkScores(&bench, &r)
	p.benchmarkSlices(&bench, &r)
	s := newSurvey(&bench, &r, p.Samples, p.Seed)
	for item, err := range compare.Items(filepath.Join(dir, benchmarks.ScoredFile)) {
		if err != nil {
			return nil, err
		}
		s.add(&item)
	}
	p.report.Protocols = protocolTable(&bench, &r, s)
	p.report.Confusions = s.confusions()
	if err := p.exhibits(s); err != nil {
		return nil, err
	}
	return p.done(), nil
}

// aboutBenchmark fills in the head of the page.
func (p *page) aboutBenchmark(name string, bench *benchmarks.Benchmark, r *benchmarks.Result) {
	p.report.Title = fmt.Sprintf("%s on %s", name, r.Bench)
	if bench.About != "" {
		p.report.Summary = bench.About + "."
	}
	facts := []Fact{{"Split", cmp.Or(r.Split, "not named")}, {"Items", count(int64(r.Items))}, {"One value per", bench.Unit}, {"Resampled by", bench.Cluster}}
	p.report.Facts = slices.DeleteFunc(facts, func(f Fact) bool { return f.Value == "" })
	for _, problem := range r.Problems {
		p.note("%s.", problem.String())
	}
	for _, problem := range r.Unparsed {
		p.note("No answer was found in %d predictions (%s), which count as wrong, for example %s.", problem.Count, problem.Kind, strings.Join(problem.First, ", "))
	}
	if p.find == nil {
		p.miss("The examples have no images. Show them with", "--images FOLDER or --data DATASET")
	}
	if bench.Submission.ID != "" && bench.Submission.Source != "" {
		p.report.Reproduce = append(p.report.Reproduce, fmt.Sprintf("pali3 eval --bench %s --predictions PREDICTIONS --submission FILE   # the form that %s takes", r.Bench, bench.Submission.Source))
	}
}

// describeMetrics tells the page how to print the benchmark's metrics.
func (p *page) describeMetrics(bench *benchmarks.Benchmark, r *benchmarks.Result) {
	known := map[string]bool{}
	add := func(all []benchmarks.Metric) {
		for _, m := range all {
			if !known[m.Name] {
				known[m.Name] = true
				p.report.Metrics = append(p.report.Metrics, evalsuite.Metric{Name: m.Name, Help: m.About, Max: max(m.Max, 1), LowerIsBetter: m.LowerIsBetter})
			}
		}
	}
	add(bench.Metrics)
	for _, protocol := range bench.Protocols {
		add(protocol.Metrics)
	}
}

// metricsOf lists the metrics of scores: those of the benchmark first, in its order.
func metricsOf(bench *benchmarks.Benchmark, scores benchmarks.Scores) []string {
	place := func(name string) int {
		if at := slices.IndexFunc(bench.Metrics, func(m benchmarks.Metric) bool { return m.Name == name }); at >= 0 {
			return at
		}
		return len(bench.Metrics)
	}
	return slices.SortedFunc(maps.Keys(scores), func(a, b string) int { return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b)) })
}

// benchmarkScores adds the scores, and those of others beside them.
func (p *page) benchmarkScores(bench *benchmarks.Benchmark, r *benchmarks.Result) {
	title := cmp.Or(r.Split, r.Bench)
	p.report.Comparable = r.Comparable
	for _, metric := range metricsOf(bench, r.Scores) {
		p.report.Scores = append(p.report.Scores, Score{Split: title, Metric: metric, Model: r.Scores[metric].Score})
		beside := Beside{Metric: metric, Model: r.Scores[metric].Score, Split: r.Split, Comparable: r.Comparable[metric]}
		for _, published := range r.Published {
			if published.Metric == metric {
				beside.Published = append(beside.Published, published)
			}
		}
		if len(beside.Published) > 0 {
			p.report.Beside = append(p.report.Beside, beside)
		}
	}
}

// mostGroups is the number of groups of a slice that the page shows.
const mostGroups = 24

// benchmarkSlices adds the first metric by each slice, the largest groups first.
func (p *page) benchmarkSlices(bench *benchmarks.Benchmark, r *benchmarks.Result) {
	metrics := metricsOf(bench, r.Scores)
	if len(metrics) == 0 {
		return
	}
	for _, slice := range slices.Sorted(maps.Keys(r.Slices)) {
		b := Breakdown{Title: fmt.Sprintf("%s by %s", metrics[0], strings.ReplaceAll(slice, "_", " ")), Column: splitName(slice), Metric: metrics[0]}
		for _, name := range slices.Sorted(maps.Keys(r.Slices[slice])) {
			if s, ok := r.Slices[slice][name][metrics[0]]; ok && s.N > 0 {
				b.Groups = append(b.Groups, Group{Name: name, Model: s.Score})
			}
		}
		if len(b.Groups) < 2 {
			continue
		}
		slices.SortStableFunc(b.Groups, func(x, y Group) int { return cmp.Compare(y.Model.N, x.Model.N) })
		if more := len(b.Groups) - mostGroups; more > 0 {
			b.Groups = b.Groups[:mostGroups]
			p.note("%s: the %d largest groups are shown; result.json has %d more.", b.Title, mostGroups, more)
		}
		p.report.Breakdown = append(p.report.Breakdown, b)
	}
}

// protocolTable returns the scores by all protocols, or nil if there is one only.
func protocolTable(bench *benchmarks.Benchmark, r *benchmarks.Result, s *survey) *Protocols {
	if len(r.Protocols) == 0 {
		return nil
	}
	t := &Protocols{Metrics: metricsOf(bench, r.Scores)}
	t.Rows = append(t.Rows, Protocol{Name: benchmarks.Official, Scores: r.Scores})
	for _, name := range slices.Sorted(maps.Keys(r.Protocols)) {
		of := r.Protocols[name]
		t.Rows = append(t.Rows, Protocol{Name: name, Source: of.Source, Scores: of.Scores, Differs: of.Differs.Count, Examples: s.differing[name]})
	}
	return t
}

// exhibits adds the items with the lowest and the highest scores, with their images where a folder
// or a dataset has them.
func (p *page) exhibits(s *survey) error {
	for _, group := range []struct {
		which string
		items []compare.Item
	}{{"lowest", s.worst.sorted()}, {"highest", s.best.sorted()}} {
		g := Gallery{Title: fmt.Sprintf("Items with the %s %s", group.which, s.metric), About: "The seed decides between equal scores."}
		for i := range group.items {
			e, err := p.scoredExhibit(&group.items[i], s.metric)
			if err != nil {
				return err
			}
			g.Exhibits = append(g.Exhibits, e)
		}
		if len(g.Exhibits) > 0 {
			p.report.Galleries = append(p.report.Galleries, g)
		}
	}
	return nil
}

// scoredExhibit shows an item.
func (p *page) scoredExhibit(i *compare.Item, metric string) (e Exhibit, err error) {
	image, err := p.imageOf(i.Image)
	if err != nil {
		return e, err
	}
	if image != nil {
		e.Image = *image
	}
	style := metricStyles(p.report.Metrics).named(metric)
	e.Note = fmt.Sprintf("%s %s%s: %s", metric, style.format(i.Values[metric]), style.Unit, i.ID)
	right := i.Values[metric] > 0.5
	if i.Question == "" {
		e.Captions = []Caption{{Lang: i.Language, Text: predicted(i), Truth: clip(distinct(i.References)), Right: right}}
		return e, nil
	}
	e.Answers = []Answer{{Question: clip(i.Question), Lang: i.Language, Text: predicted(i), Truth: clip(distinct(i.References)), Right: right}}
	return e, nil
}

func predicted(i *compare.Item) string {
	if i.Error != "" {
		return clip("no answer: " + i.Error)
	}
	return clip(i.Prediction)
}
