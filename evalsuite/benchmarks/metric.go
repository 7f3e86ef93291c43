package benchmarks

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// Metric is a score of a benchmark. It has one of Each, All and Statistic.
type Metric struct {
	// Name in results, in lower-case letters, digits and underscores, such as "vqa_accuracy".
	Name string
	// About says in one line what it measures.
	About string
	// Source is the paper or the file that the rule is from.
	Source string
	// Max is the highest possible value; 0 means 1. A metric with Max 1 is shown in percent.
	Max float64
	// LowerIsBetter is for error rates and the like.
	LowerIsBetter bool

	// Each returns a function that scores one item by itself. The function is used by one
	// goroutine, so it may keep what it computed. It returns NaN for an item that does not count.
	// The score is the mean.
	Each func() func(*Item) float64
	// All scores items one by one where the value of one depends on all, as in CIDEr. The score is
	// the mean.
	All func([]Item) ([]float64, error)
	// Statistic returns a function that computes a score from some of the items, by their numbers,
	// such as the BLEU of a corpus. The function is called by several goroutines.
	Statistic func([]Item) (func(chosen []int) float64, error)
}

// check reports what is missing or wrong in the metric.
func (m *Metric) check() error {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789_"
	kinds := 0
	for _, has := range []bool{m.Each != nil, m.All != nil, m.Statistic != nil} {
		if has {
			kinds++
		}
	}
	switch {
	case m.Name == "" || strings.Trim(m.Name, allowed) != "":
		return fmt.Errorf("metric %q: a name has lower-case letters, digits and underscores", m.Name)
	case m.Source == "":
		return fmt.Errorf("metric %s: no Source: which paper or file is the rule from?", m.Name)
	case kinds != 1:
		return fmt.Errorf("metric %s: give one of Each, All and Statistic", m.Name)
	case m.Max < 0:
		return fmt.Errorf("metric %s: Max %g is negative", m.Name, m.Max)
	}
	return nil
}

// needsAll reports whether the metric needs all items at once.
func (m *Metric) needsAll() bool { return m.Each == nil }

// percent is the factor by which scores of the metric are shown.
func (m *Metric) percent() float64 {
	if m.Max == 0 || m.Max == 1 {
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

// Built-in metrics.

// vqaAccuracy is the official accuracy of VQA v2.
var vqaAccuracy = Metric{
	Name: "vqa_accuracy", About: "agreement with ten people, official rule",
	Source: "GT-Vision-Lab/VQA, PythonEvaluationTools/vqaEvaluation/vqaEval.py",
	Each: func() func(*Item) float64 {
		return func(i *Item) float64 { return metrics.VQAAccuracy(i.Prediction, i.References) }
	},
}
