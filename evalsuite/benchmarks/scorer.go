package benchmarks

import (
	"maps"
	"math"
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/internal/numbering"
)

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
	families  map[*Family]*Statistics
	whole     map[*Statistics][]Score // of all items: scores, then those of groups
	scored    *scoredWriter           // if scored items are written
	unparsed  []string                // by item, if they are written and the items kept
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
	family    *Statistics // nil if the items have none
}

// names numbers names, of which many come several times in a row.
type names struct {
	numbering.Names
	last int
}

func (n *names) of(name string) int {
	if all := n.List(); n.last >= len(all) || all[n.last] != name {
		n.last, _ = n.Add(name)
	}
	return n.last
}

func newScorer(b *Benchmark, protocols []Protocol) *scorer {
	s := &scorer{bench: b, groups: make([]names, len(b.Slices)), members: make([][][]int, len(b.Slices)),
		families: map[*Family]*Statistics{}, whole: map[*Statistics][]Score{}}
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
	first := s.n
	var unparsed []string
	for n := range items {
		item := &items[n]
		for at, p := range s.protocols {
			reason := p.add(item)
			if s.scored == nil || at > 0 || reason == "" {
				continue
			}
			if unparsed == nil {
				unparsed = make([]string, len(items))
			}
			unparsed[n] = reason
		}
		s.group(item)
		s.n++
		if len(s.protocols) > 1 {
			s.ids = append(s.ids, item.ID)
		}
	}
	switch {
	case s.keep:
		s.corpus.Items = append(s.corpus.Items, items...)
		for n := len(s.corpus.Items) - len(items); n < len(s.corpus.Items); n++ {
			s.corpus.Items[n].Unparsed = ""
		}
		if s.scored != nil {
			s.unparsed = append(append(s.unparsed, unparsed...), make([]string, s.n-len(s.unparsed)-len(unparsed))...)
		}
	case s.scored != nil:
		s.scored.chunks <- scoredChunk{items, unparsed, s.written(first), nil}
	}
}

// written returns the values of the items from the first one on.
func (s *scorer) written(first int) (columns []scoredColumn) {
	for at, p := range s.protocols {
		name := ""
		if at > 0 {
			name = p.Name
		}
		for n := range p.columns {
			if c := &p.columns[n]; c.statistic == nil {
				columns = append(columns, scoredColumn{name, c.Name, c.values[first:]})
			}
		}
	}
	return columns
}

// add scores an item. It returns why the first metric found no answer, or "".
func (p *scoredProtocol) add(item *Item) (reason string) {
	for n := range p.columns {
		c := &p.columns[n]
		if c.each == nil {
			continue
		}
		item.Unparsed = ""
		c.values = append(c.values, c.each(item))
		if n == 0 {
			p.countUnparsed(item)
			reason = item.Unparsed
		}
	}
	return reason
}

// countUnparsed counts an item if no answer was found in its prediction.
func (p *scoredProtocol) countUnparsed(item *Item) {
	if item.Unparsed == "" {
		return
	}
	problem := p.unparsed[item.Unparsed]
	if problem == nil {
		problem = &Problem{Kind: item.Unparsed}
		p.unparsed[item.Unparsed] = problem
	}
	problem.count(item.ID)
}

// group puts an item into its cluster and its groups.
func (s *scorer) group(item *Item) {
	s.cluster = append(s.cluster, s.clusters.of(s.bench.ClusterName(item)))
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
	if s.keep && s.scored != nil {
		evidence, err := s.evidence()
		if err != nil {
			return nil, err
		}
		s.scored.chunks <- scoredChunk{s.corpus.Items, s.unparsed, s.written(0), evidence}
	}
	s.scored.close() // it is written while intervals are computed
	all := make([]int, s.n)
	for i := range all {
		all[i] = i
	}
	b, owner := s.bench, s.protocols[0]
	r := &Result{Bench: b.Name, Items: s.n, Scores: s.scores(owner, bootstrap, all), Slices: map[string]map[string]Scores{}, Unparsed: owner.problems()}
	for g := range s.groups {
		r.Slices[b.Slices[g].Name] = map[string]Scores{}
		for at, name := range s.groups[g].List() {
			scores := s.scores(owner, bootstrap, s.members[g][at])
			if b.Slices[g].Corpus && s.keep {
				var err error
				if scores, err = s.alone(s.members[g][at], bootstrap); err != nil {
					return nil, err
				}
			}
			r.Slices[b.Slices[g].Name][name] = scores
		}
	}
	s.addGroups(r, owner)
	for _, p := range s.protocols[1:] {
		if r.Protocols == nil {
			r.Protocols = map[string]ProtocolResult{}
		}
		r.Protocols[p.Name] = ProtocolResult{Source: p.Source, Scores: s.scores(p, bootstrap, all), Unparsed: p.problems(), Differs: s.differs(owner, p)}
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
				s.countUnparsed(p, n)
			case c.Statistic != nil:
				c.statistic, err = c.Statistic(&s.corpus)
				s.countUnparsed(p, n)
			case c.Family != nil:
				c.family, err = s.prepare(c.Family)
			}
			if err == nil && c.Statistic == nil && c.Family == nil {
				err = c.checkValues(c.values, s.n)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// countUnparsed counts the items in whose prediction the first metric found no answer.
func (s *scorer) countUnparsed(p *scoredProtocol, metric int) {
	for i := 0; metric == 0 && i < len(s.corpus.Items); i++ {
		p.countUnparsed(&s.corpus.Items[i])
	}
}

// scores returns the scores of some items.
func (s *scorer) scores(p *scoredProtocol, bootstrap metrics.Bootstrap, of []int) Scores {
	scores := Scores{}
	families := map[*Statistics][]Score{}
	if len(of) == s.n {
		families = s.whole
	}
	for n := range p.columns {
		c := &p.columns[n]
		if c.Family != nil {
			if score, ok := s.ofFamily(families, c, bootstrap, of); ok {
				scores[c.Name] = score
			}
		} else if c.statistic != nil {
			if score := s.statistic(bootstrap, c.statistic, s.counting(c, of)); !math.IsNaN(score.Value) {
				scores[c.Name] = score
			}
		} else if score := s.mean(bootstrap, c.values, of); score.N > 0 || n == 0 && len(of) == s.n && c.All == nil { // others may count none of them
			scores[c.Name] = score
		}
	}
	return scores
}

// alone scores some items as if there were no others.
func (s *scorer) alone(of []int, bootstrap metrics.Bootstrap) (Scores, error) {
	b := *s.bench
	b.Slices = nil
	part := newScorer(&b, nil)
	for _, i := range of {
		part.add(s.corpus.Items[i : i+1])
	}
	r, err := part.result(bootstrap)
	if err != nil {
		return nil, err
	}
	return r.Scores, nil
}

// problems returns the counts of what could not be parsed.
func (p *scoredProtocol) problems() (all []Problem) {
	for _, reason := range slices.Sorted(maps.Keys(p.unparsed)) {
		all = append(all, *p.unparsed[reason])
	}
	return all
}

// differs counts the items that two protocols score differently, by the first metric of the second.
func (s *scorer) differs(a, b *scoredProtocol) Problem {
	d := Problem{Kind: Differs}
	of := max(0, slices.IndexFunc(a.columns, func(c column) bool { return c.Name == b.columns[0].Name }))
	x, y := a.columns[of].values, b.columns[0].values
	for i := range min(len(s.ids), len(x), len(y)) {
		if x[i] != y[i] && !(math.IsNaN(x[i]) && math.IsNaN(y[i])) {
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

// counting returns the items that count for a column.
func (s *scorer) counting(c *column, of []int) (chosen []int) {
	if c.of == nil {
		return of
	}
	for _, i := range of {
		if c.of(&s.corpus.Items[i]) {
			chosen = append(chosen, i)
		}
	}
	return chosen
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
	if math.IsNaN(value(of)) {
		return Score{Score: metrics.Score{Value: math.NaN()}}
	}
	score := bootstrap.Statistic(len(clusters), func(chosen []int) float64 {
		items := make([]int, 0, len(of))
		for _, c := range chosen {
			items = append(items, clusters[c]...)
		}
		if v := value(items); !math.IsNaN(v) {
			return v
		}
		return 0 // of a resample without what is scored
	})
	score.N = len(of)
	return Score{score, len(clusters)}
}

// countClusters counts the different clusters. Their numbers are below that of all items.
func countClusters(cluster []int) (n int) {
	if len(cluster) == 0 {
		return 0
	}
	most := slices.Max(cluster)
	if most >= 16*len(cluster) { // of a small part of the items
		seen := make(map[int]struct{}, len(cluster))
		for _, c := range cluster {
			seen[c] = struct{}{}
		}
		return len(seen)
	}
	seen := make([]bool, most+1)
	for _, c := range cluster {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}
