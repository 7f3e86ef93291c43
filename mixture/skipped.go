package mixture

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pali3/pali3/random"
)

// Skipped tells which samples could not be used. Each was replaced by another sample, the same one
// for any number of workers and hosts.
type Skipped struct {
	// Samples that could not be used, each counted once for a task. After 65,536 of them a sample
	// is counted whenever it is drawn.
	Samples int `json:"samples"`
	// Reasons why, the most frequent first.
	Reasons []SkippedReason `json:"reasons,omitempty"`
}

// SkippedReason is why samples of a task could not be used.
type SkippedReason struct {
	Task    string `json:"task"`
	Reason  string `json:"reason"`
	Samples int    `json:"samples"`
	// Examples are up to three of the samples: the dataset, the row and the key.
	Examples []string `json:"examples"`
}

// String names the samples of the most frequent reasons.
func (s Skipped) String() string {
	const most = 5
	var b strings.Builder
	fmt.Fprintf(&b, "%d samples could not be used", s.Samples)
	for _, r := range s.Reasons[:min(most, len(s.Reasons))] {
		fmt.Fprintf(&b, "\n  task %s: %d samples, such as %s: %s", r.Task, r.Samples, r.Examples[0], r.Reason)
	}
	if rest := len(s.Reasons) - most; rest > 0 {
		fmt.Fprintf(&b, "\n  and for %d more reasons", rest)
	}
	return b.String()
}

const (
	maxSkippedSeen   = 1 << 16 // samples that are told apart
	maxReasons       = 100     // of a stream; samples beyond count under otherReasons
	otherReasons     = "other reasons"
	reasonExamples   = 3   // named for a reason
	maxReasonLetters = 300 // of a reason
)

// skippedCounts collects skipped samples in bounded memory.
type skippedCounts struct {
	mu      sync.Mutex
	samples int
	seen    map[uint64]bool // hashes of task, dataset and row
	reasons map[[2]string]*skippedReason
}

type skippedReason struct {
	samples  int
	examples []skippedSample // those with the lowest rows
}

type skippedSample struct {
	row  int
	name string
}

// add counts a sample that a task could not use.
func (c *skippedCounts) add(t *task, d *drawn, why error) {
	dir := t.source.dataset.Dir()
	id := random.Key(random.Name(t.Name), random.Name(dir), uint64(d.index))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[id] {
		return
	}
	if c.seen == nil {
		c.seen, c.reasons = map[uint64]bool{}, map[[2]string]*skippedReason{}
	}
	if len(c.seen) < maxSkippedSeen {
		c.seen[id] = true
	}
	c.samples++
	c.reason(t.Name, why).add(skippedSample{d.index, fmt.Sprintf("%s row %d (%s)", dir, d.index, d.sample.Key)})
}

// reason returns the counts of a reason.
func (c *skippedCounts) reason(task string, why error) *skippedReason {
	text := why.Error()
	if len(text) > maxReasonLetters {
		text = strings.ToValidUTF8(text[:maxReasonLetters], "") + "..."
	}
	id := [2]string{task, text}
	if c.reasons[id] == nil && len(c.reasons) >= maxReasons {
		id[1] = otherReasons
	}
	if c.reasons[id] == nil {
		c.reasons[id] = &skippedReason{}
	}
	return c.reasons[id]
}

func (r *skippedReason) add(s skippedSample) {
	r.samples++
	at, _ := slices.BinarySearchFunc(r.examples, s, func(a, b skippedSample) int { return cmp.Compare(a.row, b.row) })
	r.examples = slices.Insert(r.examples, at, s)
	r.examples = r.examples[:min(reasonExamples, len(r.examples))]
}

// Skipped returns the samples that could not be used so far.
func (s *Stream) Skipped() Skipped {
	c := &s.skipped
	c.mu.Lock()
	defer c.mu.Unlock()
	all := Skipped{Samples: c.samples}
	for _, id := range slices.SortedFunc(maps.Keys(c.reasons), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(c.reasons[b].samples, c.reasons[a].samples), cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	}) {
		r := SkippedReason{Task: id[0], Reason: id[1], Samples: c.reasons[id].samples}
		for _, example := range c.reasons[id].examples {
			r.Examples = append(r.Examples, example.name)
		}
		all.Reasons = append(all.Reasons, r)
	}
	return all
}
