package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// Options say how to score.
type Options struct {
	Bootstrap metrics.Bootstrap
	// Partial counts what is wrong in the predictions as a [Problem] instead of failing, and scores
	// the questions that have a prediction.
	Partial bool
	// Protocols are the names of further protocols of the benchmark to score by; "all" takes all.
	Protocols []string
}

// protocols returns the protocols of the benchmark with the names.
func (b *Benchmark) protocols(names []string) (all []Protocol, err error) {
	for _, name := range names {
		if name == "all" {
			return b.Protocols, nil
		}
		at := slices.IndexFunc(b.Protocols, func(p Protocol) bool { return p.Name == name })
		if at < 0 {
			known := []string{Official}
			for _, p := range b.Protocols {
				known = append(known, p.Name)
			}
			return nil, fmt.Errorf("%s has no protocol %q; it has %s", b.Name, name, strings.Join(known, ", "))
		}
		all = append(all, b.Protocols[at])
	}
	return all, nil
}

// Score reads the benchmark's files and scores the predictions. It returns an error, before
// anything is scored, if a question has no prediction or two, or if a prediction is for an unknown
// question, unless the options say that the file is partial.
func (b *Benchmark) Score(ctx context.Context, f Files, o Options) (*Result, error) {
	if len(b.Metrics) == 0 {
		return nil, fmt.Errorf("%s cannot be scored: %s", b.Name, b.Missing)
	}
	protocols, err := b.protocols(o.Protocols)
	if err != nil {
		return nil, err
	}
	j := &join{bench: b, files: f, problems: &problems{partial: o.Partial}, splits: map[string]int{}, seen: map[string]bool{}}
	chunks := make(chan []Item, 2)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(chunks)
		if err := j.readItems(ctx, chunks); err != nil {
			stop(err)
		}
	})
	s := newScorer(b, protocols)
	if j.predicted, err = b.readPredictions(ctx, f.Predictions, j.problems); err != nil {
		stop(err)
	}
	for chunk := range chunks {
		if err != nil {
			continue // let the reader end
		}
		if chunk, err = j.join(chunk); err == nil {
			s.add(chunk)
		}
		if err != nil {
			stop(err)
		}
	}
	wait.Wait()
	if failed := context.Cause(ctx); failed != nil {
		err = failed // the first error, and not that of who was stopped by it
	}
	if err == nil {
		err = j.end()
	}
	if err != nil {
		return nil, err
	}
	result, err := s.result(o.Bootstrap)
	if err != nil {
		return nil, err
	}
	result.Problems = j.problems.sorted()
	result.compare(b, f.Split)
	return result, nil
}

// ScoreItems scores items with their predictions. It is a pure function.
func (b *Benchmark) ScoreItems(items []Item, o Options) (*Result, error) {
	protocols, err := b.protocols(o.Protocols)
	if err != nil {
		return nil, err
	}
	s := newScorer(b, protocols)
	s.add(slices.Clone(items))
	result, err := s.result(o.Bootstrap)
	if err == nil {
		result.compare(b, "")
	}
	return result, err
}

// chunkItems is the number of items that are read and scored together.
const chunkItems = 4096

// join gives the items of a benchmark's files their predictions.
type join struct {
	bench     *Benchmark
	files     Files
	problems  *problems
	predicted *predictions
	splits    map[string]int  // number of items by split
	seen      map[string]bool // ids without a prediction
	missing   []string
	items     int
	matched   int
	example   string // an id of the annotations
}

// readItems sends the items of the annotations in chunks.
func (j *join) readItems(ctx context.Context, chunks chan<- []Item) error {
	items := make([]Item, 0, chunkItems)
	send := func() error {
		select {
		case chunks <- items:
			items = make([]Item, 0, chunkItems)
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for r, err := range j.bench.records(ctx, j.files) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			if err := j.problems.check(LeftOut, err.Error(), func() error { return j.named(err) }); err != nil {
				return err
			}
			continue
		}
		if err := j.leftOut(&r); err != nil {
			return err
		}
		items = j.bench.appendItems(items, &r.Sample, r.ID, r.Fields)
		if len(items) >= chunkItems {
			if err := send(); err != nil {
				return err
			}
		}
	}
	return send()
}

// named adds the file of the annotations to an error that does not name it.
func (j *join) named(err error) error {
	if strings.Contains(err.Error(), j.files.Annotations) {
		return err
	}
	return fmt.Errorf("%s: %w", j.files.Annotations, err)
}

// leftOut returns an error if a record lacks what should be scored.
func (j *join) leftOut(r *Record) error {
	for _, left := range r.LeftOut {
		if left.Reason == shards.LeftMetadata || left.Reason == shards.LeftFile {
			continue
		}
		err := j.problems.check(LeftOut, left.Name, func() error {
			return fmt.Errorf("%s: cannot read %s", j.files.Annotations, left.Name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// join returns the items of a chunk that are scored.
func (j *join) join(chunk []Item) ([]Item, error) {
	scored := chunk[:0]
	for n := range chunk {
		item := &chunk[n]
		j.splits[item.Split]++
		if j.files.Split != "" && item.Split != "" && item.Split != j.files.Split {
			continue
		}
		if item.ID == "" {
			return nil, fmt.Errorf("%s: a question of image %q has no id", j.files.Annotations, item.Image)
		}
		j.items++
		if j.example == "" {
			j.example = item.ID
		}
		p := j.predicted.find(item)
		if p != nil && p.used || p == nil && j.seen[item.ID] {
			return nil, fmt.Errorf("%s: question %s is annotated twice", j.files.Annotations, item.ID)
		}
		if p == nil && item.Optional {
			continue
		}
		if p == nil {
			j.seen[item.ID] = true
			j.missing = append(j.missing, item.ID)
			continue
		}
		p.used = true
		j.matched++
		if len(item.References) == 0 {
			err := j.problems.check(Unlabelled, item.ID, func() error {
				return fmt.Errorf("%s: question %s has no right answer; the annotations of a test set cannot be scored here", j.files.Annotations, item.ID)
			})
			if err != nil {
				return nil, err
			}
			continue
		}
		item.Prediction, item.Error = p.Text, p.Error
		scored = append(scored, *item)
	}
	return scored, nil
}

// end returns an error if questions and predictions do not belong to each other.
func (j *join) end() error {
	f := j.files
	var unknown []string
	for n := range j.predicted.all {
		if p := &j.predicted.all[n]; !p.used {
			unknown = append(unknown, p.ID)
		}
	}
	of := f.Annotations
	if f.Split != "" {
		of = fmt.Sprintf("split %s of %s", f.Split, f.Annotations)
	}
	switch {
	case len(j.splits) > 1 && f.Split == "":
		return fmt.Errorf("%s has several splits: choose one with --split: %s", f.Annotations, countedNames(j.splits))
	case j.items == 0 && len(j.splits) > 0:
		return fmt.Errorf("%s has no split %s; it has %s", f.Annotations, f.Split, countedNames(j.splits))
	case j.items == 0:
		return fmt.Errorf("%s annotates no question", f.Annotations)
	case j.matched == 0 && len(unknown) > 0:
		return fmt.Errorf("none of the %d predictions of %s is for one of the %d questions of %s: are they files of different splits? The first prediction (line %d) is for question %s, the first question is %s",
			len(unknown), f.Predictions, j.items, of, j.predicted.all[0].Line, j.predicted.all[0].ID, j.example)
	case j.matched == 0 && j.problems.partial:
		return fmt.Errorf("%s has no prediction for any of the %d questions of %s", f.Predictions, j.items, of)
	}
	for _, id := range j.missing {
		j.problems.add(Missing, id, nil)
	}
	for _, id := range unknown {
		j.problems.add(Unknown, id, nil)
	}
	if j.problems.partial {
		return nil
	}
	var all []error
	if n := len(j.missing); n > 0 {
		sortIDs(j.missing)
		all = append(all, fmt.Errorf("%s has no prediction for %d of %d questions of %s: %s", f.Predictions, n, j.items, of, few(j.missing)))
	}
	if len(unknown) > 0 {
		line := j.predicted.all[slices.IndexFunc(j.predicted.all, func(p prediction) bool { return !p.used })].Line
		sortIDs(unknown)
		all = append(all, fmt.Errorf("%s line %d: %d predictions are for questions that %s does not annotate: %s", f.Predictions, line, len(unknown), of, few(unknown)))
	}
	if len(all) > 0 {
		return fmt.Errorf("%w; --partial scores what can be scored and counts the rest", errors.Join(all...))
	}
	return nil
}

// countedNames lists names with their counts.
func countedNames(counts map[string]int) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		shown := name
		if name == "" {
			shown = "(none)"
		}
		out = append(out, fmt.Sprintf("%s (%d)", shown, counts[name]))
	}
	return strings.Join(out, ", ")
}

// sortIDs sorts ids by length and then by their characters, so numbers by size.
func sortIDs(ids []string) {
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
}

// scorer scores items chunk by chunk. It keeps a few numbers of each, and the items themselves only
// if a metric needs all of them at once.
type scorer struct {
	bench     *Benchmark
	protocols []*scoredProtocol // the owner's first
	corpus    Corpus            // if some metric needs it
	keep      bool
	n         int
	ids       []string // if protocols are compared
	clusters  names
	cluster   []int   // of each item
	groups    []names // by slice
	members   [][][]int
}

// scoredProtocol holds the values of a protocol's metrics.
type scoredProtocol struct {
	Protocol
	columns  []column
	unparsed map[string]*Problem // by reason
}

// column holds what a metric says of each item.
type column struct {
	*Metric
	each      func(*Item) float64
	values    []float64
	statistic func([]int) float64
}

// names numbers names.
type names struct {
	at   map[string]int
	list []string
	last int
}

func (n *names) of(name string) int {
	if n.last < len(n.list) && n.list[n.last] == name {
		return n.last
	}
	at, ok := n.at[name]
	if !ok {
		if n.at == nil {
			n.at = map[string]int{}
		}
		at = len(n.list)
		n.at[name] = at
		n.list = append(n.list, name)
	}
	n.last = at
	return at
}

func newScorer(b *Benchmark, protocols []Protocol) *scorer {
	s := &scorer{bench: b, groups: make([]names, len(b.Slices)), members: make([][][]int, len(b.Slices))}
	for _, p := range append([]Protocol{{Name: Official, Metrics: b.Metrics}}, protocols...) {
		scored := &scoredProtocol{Protocol: p, unparsed: map[string]*Problem{}}
		for n := range p.Metrics {
			c := column{Metric: &p.Metrics[n]}
			if c.Each != nil {
				c.each = c.Each()
			} else {
				s.keep = true
			}
			scored.columns = append(scored.columns, c)
		}
		s.protocols = append(s.protocols, scored)
	}
	return s
}

// add scores items.
func (s *scorer) add(items []Item) {
	for n := range items {
		item := &items[n]
		for _, p := range s.protocols {
			p.add(item)
		}
		s.group(item)
		s.n++
		if len(s.protocols) > 1 {
			s.ids = append(s.ids, item.ID)
		}
	}
	if s.keep {
		s.corpus.Items = append(s.corpus.Items, items...)
	}
}

// add scores an item.
func (p *scoredProtocol) add(item *Item) {
	for n := range p.columns {
		c := &p.columns[n]
		if c.each == nil {
			continue
		}
		item.Unparsed = ""
		c.values = append(c.values, c.each(item))
		if item.Unparsed == "" || n > 0 {
			continue
		}
		problem := p.unparsed[item.Unparsed]
		if problem == nil {
			problem = &Problem{Kind: item.Unparsed}
			p.unparsed[item.Unparsed] = problem
		}
		problem.count(item.ID)
	}
}

// group puts an item into its cluster and its groups.
func (s *scorer) group(item *Item) {
	name := item.Image
	if s.bench.ClusterOf != nil {
		name = s.bench.ClusterOf(item)
	}
	if name == "" {
		name = "\x00" + item.ID
	}
	s.cluster = append(s.cluster, s.clusters.of(name))
	for g := range s.groups {
		slice := &s.bench.Slices[g]
		if slice.Many != nil {
			for _, name := range slice.Many(item) {
				s.put(g, name)
			}
			continue
		}
		s.put(g, slice.Of(item))
	}
}

// put adds the current item to a group.
func (s *scorer) put(slice int, group string) {
	if group == "" {
		return
	}
	at := s.groups[slice].of(group)
	if at == len(s.members[slice]) {
		s.members[slice] = append(s.members[slice], nil)
	}
	if of := &s.members[slice][at]; len(*of) == 0 || (*of)[len(*of)-1] != s.n {
		*of = append(*of, s.n)
	}
}

// result computes the scores.
func (s *scorer) result(bootstrap metrics.Bootstrap) (*Result, error) {
	if err := s.finish(); err != nil {
		return nil, err
	}
	all := make([]int, s.n)
	for i := range all {
		all[i] = i
	}
	b, owner := s.bench, s.protocols[0]
	r := &Result{Bench: b.Name, Scores: s.scores(owner, bootstrap, all), Slices: map[string]map[string]Scores{}, Unparsed: owner.problems()}
	for g := range s.groups {
		r.Slices[b.Slices[g].Name] = map[string]Scores{}
		for at, name := range s.groups[g].list {
			r.Slices[b.Slices[g].Name][name] = s.scores(owner, bootstrap, s.members[g][at])
		}
	}
	for _, p := range s.protocols[1:] {
		if r.Protocols == nil {
			r.Protocols = map[string]ProtocolResult{}
		}
		r.Protocols[p.Name] = ProtocolResult{p.Source, s.scores(p, bootstrap, all), p.problems(), s.differs(owner, p)}
	}
	return r, nil
}

// finish computes what depends on all items.
func (s *scorer) finish() error {
	for _, p := range s.protocols {
		for n := range p.columns {
			c := &p.columns[n]
			var err error
			switch {
			case c.All != nil:
				c.values, err = c.All(&s.corpus)
			case c.Statistic != nil:
				c.statistic, err = c.Statistic(&s.corpus)
			}
			if err == nil && c.Statistic == nil {
				err = c.checkValues(c.values, s.n)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// scores returns the scores of some items.
func (s *scorer) scores(p *scoredProtocol, bootstrap metrics.Bootstrap, of []int) Scores {
	scores := Scores{}
	for n := range p.columns {
		c := &p.columns[n]
		if c.statistic != nil {
			scores[c.Name] = s.statistic(bootstrap, c.statistic, of)
		} else if score := s.mean(bootstrap, c.values, of); score.N > 0 || n == 0 { // others may count none of them
			scores[c.Name] = score
		}
	}
	return scores
}

// problems returns the counts of what could not be parsed.
func (p *scoredProtocol) problems() (all []Problem) {
	for _, reason := range slices.Sorted(maps.Keys(p.unparsed)) {
		all = append(all, *p.unparsed[reason])
	}
	return all
}

// differs counts the items that two protocols score differently, by the first metric.
func (s *scorer) differs(a, b *scoredProtocol) Problem {
	d := Problem{Kind: Differs}
	for i := range s.ids {
		if x, y := a.columns[0].values, b.columns[0].values; i < len(x) && i < len(y) && x[i] != y[i] {
			d.count(s.ids[i])
		}
	}
	return d
}

// mean returns the mean of the values of some items.
func (s *scorer) mean(bootstrap metrics.Bootstrap, values []float64, of []int) Score {
	chosen, cluster := make([]float64, 0, len(of)), make([]int, 0, len(of))
	for _, i := range of {
		if !math.IsNaN(values[i]) {
			chosen, cluster = append(chosen, values[i]), append(cluster, s.cluster[i])
		}
	}
	n := countClusters(cluster)
	if n < 2 || n == len(chosen) {
		return Score{bootstrap.Mean(chosen), n}
	}
	return Score{bootstrap.Clustered(chosen, cluster), n}
}

// statistic returns a statistic of some items.
func (s *scorer) statistic(bootstrap metrics.Bootstrap, value func([]int) float64, of []int) Score {
	var clusters [][]int
	at := map[int]int{}
	for _, i := range of {
		n, ok := at[s.cluster[i]]
		if !ok {
			n = len(clusters)
			at[s.cluster[i]] = n
			clusters = append(clusters, nil)
		}
		clusters[n] = append(clusters[n], i)
	}
	score := bootstrap.Statistic(len(clusters), func(chosen []int) float64 {
		items := make([]int, 0, len(of))
		for _, c := range chosen {
			items = append(items, clusters[c]...)
		}
		return value(items)
	})
	score.N = len(of)
	return Score{score, len(clusters)}
}

func countClusters(cluster []int) int {
	seen := make(map[int]struct{}, len(cluster))
	for _, c := range cluster {
		seen[c] = struct{}{}
	}
	return len(seen)
}
