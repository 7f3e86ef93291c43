package benchmarks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Comparable says whether scores may be compared with those that others publish.
type Comparable struct {
	Answer string `json:"answer"` // Yes, No or Unclear
	Why    string `json:"why"`
}

// Answers of [Comparable].
const (
	Yes     = "yes"
	No      = "no"
	Unclear = "unknown"
)

// incomplete are the kinds of problems with which a score is not one of the whole split.
var incomplete = []string{Missing, TimedOut, Unanswered, Unreadable, LeftOut, Unlabelled, OfDataset}

// compare sets Comparable of the owner's scores and of those by protocols: a score is comparable if
// it is by the owner's rule, on all observations of a split whose size was read in a source.
func (r *Result) compare(b *Benchmark, split, prompt string) {
	r.Version, r.Comparable, r.percent = ResultVersion, map[string]Comparable{}, map[string]float64{}
	if r.Split == "" {
		r.Split = split
	}
	whole := b.asked(b.whole(r), prompt)
	for n := range b.Metrics {
		m := &b.Metrics[n]
		r.percent[m.Name] = m.percent()
		if _, ok := r.Scores[m.Name]; ok {
			r.Comparable[m.Name] = m.comparable(whole, "the owner's rule, "+m.Source)
		}
	}
	for name, p := range r.Protocols {
		p.Comparable = map[string]Comparable{}
		at := slices.IndexFunc(b.Protocols, func(p Protocol) bool { return p.Name == name })
		for n := range b.Protocols[at].Metrics {
			m := &b.Protocols[at].Metrics[n]
			if _, ok := p.Scores[m.Name]; ok {
				p.Comparable[m.Name] = m.comparable(whole, "the rule of "+m.Source+", so only with scores by "+name)
			}
		}
		r.Protocols[name] = p
	}
	for _, p := range b.Published {
		if _, ok := r.Scores[p.Metric]; ok {
			r.Published = append(r.Published, p)
		}
	}
}

// comparable adds the rule to what is said of the questions.
func (m *Metric) comparable(whole Comparable, rule string) Comparable {
	switch {
	case m.Own != "":
		return Comparable{No, m.Own}
	case whole.Answer == Yes:
		return Comparable{Yes, whole.Why + "; by " + rule}
	}
	return whole
}

// whole says whether all observations of a published split were scored.
func (b *Benchmark) whole(r *Result) Comparable {
	optional := 0
	for _, p := range r.Problems {
		if slices.Contains(incomplete, p.Kind) {
			return Comparable{No, p.String()}
		}
		if p.Kind == NotAsked {
			optional = p.Count
		}
	}
	n := r.counted(b)
	if b.Task == Retrieval && len(b.Metrics) > 0 {
		n = r.Scores[b.Metrics[0].Name].Clusters // sizes of splits are numbers of images
	}
	splits := b.Splits
	if at := slices.IndexFunc(splits, func(s Split) bool { return s.Name == r.Split }); at >= 0 {
		splits = splits[at : at+1]
	}
	var others []string
	unsure := false
	for _, s := range splits {
		switch {
		case s.N == 0:
			unsure = true
		case s.N < n || s.N > n+optional: // optional ones may be in the split
			others = append(others, fmt.Sprintf("%s has %d", s.Name, s.N))
			unsure = unsure || s.Confidence == ""
		case s.Confidence == "":
			return Comparable{Unclear, fmt.Sprintf("the size of the split is not verified: %d were scored, and split %s should have as many", n, s.Name)}
		default:
			return Comparable{Yes, fmt.Sprintf("all %d of split %s (%s, %s)", s.N, s.Name, s.Confidence, s.Source)}
		}
	}
	if len(others) > 0 && !unsure {
		return Comparable{No, fmt.Sprintf("n is %d; %s", n, strings.Join(others, ", "))}
	}
	why := fmt.Sprintf("the size of the split is not verified: %d were scored", n)
	if len(others) > 0 {
		why += "; from memory " + strings.Join(others, ", ")
	}
	return Comparable{Unclear, why}
}

// counted returns the number of observations that scores are of. It is the number of items, unless
// the owner's metrics count groups of them (all rotations of a question) or some of them (the
// questions of a set, and not those that are asked beside them for consistency), and the size of a
// split says that these are its observations.
func (r *Result) counted(b *Benchmark) int {
	for n := range b.Metrics {
		of := r.Scores[b.Metrics[n].Name].N
		at := slices.IndexFunc(b.Splits, func(s Split) bool {
			return s.N == of && of > 0 && (r.Split == "" || s.Name == r.Split || !b.hasSplit(r.Split))
		})
		if at >= 0 {
			return of
		}
	}
	return r.Items
}

// hasSplit reports whether the benchmark lists a split.
func (b *Benchmark) hasSplit(name string) bool {
	return slices.ContainsFunc(b.Splits, func(s Split) bool { return s.Name == name })
}

// asked takes back that scores are comparable if the model was asked with another prompt than the
// benchmark's. "" is an unknown prompt, as of a file of predictions.
func (b *Benchmark) asked(whole Comparable, prompt string) Comparable {
	usual := []string{b.Prompt, b.ChatPrompt()}
	same := func(of string) bool { return strings.TrimSpace(of) == strings.TrimSpace(prompt) }
	if prompt == "" || whole.Answer != Yes || slices.ContainsFunc(usual, same) {
		return whole
	}
	return Comparable{Unclear, fmt.Sprintf("asked with the prompt %q, and the benchmark's is %q", prompt, b.Prompt)}
}

// writeComparable writes which scores may not be compared with published ones, and why.
func (r *Result) writeComparable(out *strings.Builder) {
	for _, about := range []struct{ answer, text string }{{No, "Not comparable with published scores"}, {Unclear, "Perhaps comparable with published scores"}} {
		for _, group := range r.comparables(about.answer) {
			fmt.Fprintf(out, "%s: %s (%s)\n", about.text, strings.Join(group.metrics, ", "), group.why)
		}
	}
}

// reason holds metrics for which the same is true.
type reason struct {
	why     string
	metrics []string
}

// comparables groups the metrics with an answer by the reason.
func (r *Result) comparables(answer string) (groups []reason) {
	for _, metric := range slices.Sorted(maps.Keys(r.Comparable)) {
		c := r.Comparable[metric]
		if c.Answer != answer {
			continue
		}
		at := slices.IndexFunc(groups, func(g reason) bool { return g.why == c.Why })
		if at < 0 {
			at = len(groups)
			groups = append(groups, reason{why: c.Why})
		}
		groups[at].metrics = append(groups[at].metrics, metric)
	}
	return groups
}
