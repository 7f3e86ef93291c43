package benchmarks

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Metric is a score of a benchmark. It has one of Each, All, Statistic and Family.
type Metric struct {
	// Name in results, in lower-case letters, digits and underscores, such as "vqa_accuracy".
	Name string
	// About says in one line what it measures.
	About string
	// Source is the paper or the file that the rule is from.
	Source string
	// Max is the highest possible value; 0 means 1. Scores are shown times 100 if it is 10 or less.
	Max float64
	// LowerIsBetter is for error rates and the like.
	LowerIsBetter bool
	// Own is for a metric that no one else publishes, and says why, such as METEOR without its
	// tables.
	Own string

	// Each returns a function that scores one item by itself. The function is used by one
	// goroutine, so it may keep what it computed. It returns NaN for an item that does not count.
	// The score is the mean.
	Each func() func(*Item) float64
	// All scores items one by one where the value of one depends on all, as in CIDEr. The score is
	// the mean.
	All func(*Corpus) ([]float64, error)
	// Statistic returns a function that computes a score from some of the items, by their numbers,
	// such as the BLEU of a corpus. The function is called by several goroutines.
	Statistic func(*Corpus) (func(chosen []int) float64, error)
	// Family computes this metric together with others, of which it is number Part.
	Family *Family
	Part   int

	of func(*Item) bool // the items of a Statistic that count; nil counts all
}

// Family is metrics that are computed together because they share most of the work, such as the
// average precisions of boxes.
type Family struct {
	// Prepare returns the statistics of the items, or nil if they have none, such as masks where
	// only boxes were predicted.
	Prepare func(*Corpus) (*Statistics, error)

	// Name, Evidence and FromEvidence serve the comparison of two models; without them it leaves
	// the metrics out. Evidence returns what each item adds to the statistics, by what it is about,
	// such as a category: files of scored items have it under the name. FromEvidence returns the
	// same statistics from it.
	Name         string
	Evidence     func(*Corpus) ([]map[string]string, error)
	FromEvidence func([]map[string]string) (*Statistics, error)
}

// Statistics computes scores from how often each item counts.
type Statistics struct {
	// Values returns the scores, NaN for one that no item counts for, and the scores of the first
	// metric for each of Groups. It is called by several goroutines.
	Values func(drawn []int32) (scores, groups []float64)
	// Slice names the groups, such as "category". It is "" without groups.
	Slice  string
	Groups []string
	// Alone returns the scores of an item by itself and says what the model did, for lists of the
	// items that changed most. It may be nil.
	Alone func(item int) (scores []float64, about string)
}

// Corpus holds all items of an evaluation.
type Corpus struct {
	Items []Item
	kept  map[string]any
}

// once returns what compute returned when it was first called for the name, so that metrics share
// what they need, such as tokens.
func once[T any](c *Corpus, name string, compute func([]Item) (T, error)) (T, error) {
	if value, ok := c.kept[name]; ok {
		return value.(T), nil
	}
	value, err := compute(c.Items)
	if err == nil {
		if c.kept == nil {
			c.kept = map[string]any{}
		}
		c.kept[name] = value
	}
	return value, err
}

// check reports what is missing or wrong in the metric.
func (m *Metric) check() error {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789_"
	kinds := 0
	for _, has := range []bool{m.Each != nil, m.All != nil, m.Statistic != nil, m.Family != nil} {
		if has {
			kinds++
		}
	}
	switch {
	case m.Name == "" || strings.Trim(m.Name, allowed) != "":
		return fmt.Errorf("metric %q: a name has lower-case letters, digits and underscores", m.Name)
	case m.Source == "":
		return fmt.Errorf("metric %s: no Source: which paper or file is the rule from?", m.Name)
	case m.Family != nil && (m.Family.Evidence == nil) != (m.Family.FromEvidence == nil), m.Family != nil && (m.Family.Evidence == nil) != (m.Family.Name == ""):
		return fmt.Errorf("metric %s: its family wants all of Name, Evidence and FromEvidence, or none", m.Name)
	case kinds != 1:
		return fmt.Errorf("metric %s: give one of Each, All, Statistic and Family", m.Name)
	case m.Max < 0:
		return fmt.Errorf("metric %s: Max %g is negative", m.Name, m.Max)
	}
	return nil
}

// percent is the factor by which scores of the metric are shown: papers print shares and CIDEr
// times 100.
func (m *Metric) percent() float64 {
	if m.Max <= 10 {
		return 100
	}
	return 1
}

// checkValues returns an error unless there is a finite value, or NaN, for each item.
func (m *Metric) checkValues(values []float64, n int) error {
	if len(values) != n {
		return fmt.Errorf("metric %s: %d values for %d items", m.Name, len(values), n)
	}
	for _, v := range values {
		if math.IsInf(v, 0) {
			return errors.New("metric " + m.Name + ": a value is infinite")
		}
	}
	return nil
}
