package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/compare"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/random"
)

// survey collects what the page shows of scored items, which it sees once, in their order. It keeps
// a few of them.
type survey struct {
	metric      string // the benchmark's first with values
	few         int
	worst, best *podium
	pairs       map[[2]string]int // right and predicted answer, of wrong predictions
	dropped     int               // wrong predictions whose pair is not counted
	matrix      *matrix
	differing   map[string][]Differing
}

// mostPairs bounds the pairs of answers that are counted.
const mostPairs = 200_000

func newSurvey(bench *benchmarks.Benchmark, r *benchmarks.Result, samples int, seed uint64) *survey {
	s := &survey{few: max(1, samples/2), pairs: map[[2]string]int{}, differing: map[string][]Differing{}}
	for _, metric := range metricsOf(bench, r.Scores) {
		at := slices.IndexFunc(bench.Metrics, func(m benchmarks.Metric) bool { return m.Name == metric })
		if at < 0 || bench.Metrics[at].Each != nil || bench.Metrics[at].All != nil {
			s.metric = metric
			break
		}
	}
	lower := slices.ContainsFunc(bench.Metrics, func(m benchmarks.Metric) bool { return m.Name == s.metric && m.LowerIsBetter })
	s.worst = &podium{metric: s.metric, most: s.few, seed: seed, highest: lower}
	s.best = &podium{metric: s.metric, most: s.few, seed: seed, highest: !lower}
	if bench.Task == benchmarks.YesNo || bench.Task == benchmarks.Choices || bench.Task == "" {
		s.matrix = &matrix{cells: map[[2]string]int{}}
	}
	return s
}

// add takes an item.
func (s *survey) add(i *compare.Item) {
	value, ok := i.Values[s.metric]
	if !ok {
		return
	}
	s.worst.add(i, value)
	s.best.add(i, value)
	right, said := answersOf(i)
	if right != "" && s.matrix != nil {
		s.matrix.add(right, answerIn(i, right, said, value))
	}
	if right != "" && i.Question != "" && value < 0.5 && said != right {
		key := [2]string{right, said}
		if _, known := s.pairs[key]; known || len(s.pairs) < mostPairs {
			s.pairs[key]++
		} else {
			s.dropped++
		}
	}
	for name, values := range i.Protocols {
		other, ok := values[s.metric]
		if ok && other != value && len(s.differing[name]) < s.few {
			s.differing[name] = append(s.differing[name], Differing{
				ID: i.ID, Question: clip(i.Question), Prediction: predicted(i), References: clip(distinct(i.References)), Official: value, Other: other,
			})
		}
	}
}

// answersOf returns the right answer that most people gave, and the predicted one, both in lower
// case. Those of a question with choices are letters.
func answersOf(i *compare.Item) (right, said string) {
	counts := map[string]int{}
	for _, r := range i.References {
		r = strings.ToLower(strings.TrimSpace(r))
		if counts[r]++; right == "" || counts[r] > counts[right] {
			right = r
		}
	}
	said = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(i.Prediction), ".")))
	if len(i.Choices) > 0 && len(i.References) > 0 {
		right = metrics.LetterOf(i.References[0], i.Choices)
		if letter := metrics.LetterOf(i.Prediction, i.Choices); letter != "" {
			said = letter
		} else if len(said) == 1 {
			said = strings.ToUpper(said)
		}
	}
	if i.Unparsed != "" {
		said = "no answer"
	}
	return clip(right), clip(said)
}

// answerIn returns the answer that a rule may have read out of a prediction: the right one if it
// counts as right, otherwise the first word of a sentence.
func answerIn(i *compare.Item, right, said string, value float64) string {
	switch {
	case value > 0.5:
		return right
	case i.Unparsed != "" || len(i.Choices) > 0:
		return said
	}
	word := strings.FieldsFunc(said, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(word) == 0 {
		return said
	}
	return word[0]
}

// matrix counts predicted answers by the right one, as long as there are few right ones.
type matrix struct {
	cells map[[2]string]int
	right map[string]int
	large bool
}

// mostAnswers is the number of different right answers up to which they make a matrix.
const mostAnswers = 8

func (m *matrix) add(right, said string) {
	if m.right == nil {
		m.right = map[string]int{}
	}
	if m.right[right]++; len(m.right) > mostAnswers {
		m.large, m.cells = true, map[[2]string]int{}
	}
	if !m.large {
		if key := [2]string{right, said}; m.cells[key] > 0 || len(m.cells) < mostPairs {
			m.cells[key]++
		}
	}
}

// shownPairs is the number of pairs of answers that the page lists.
const shownPairs = 20

// confusions returns the matrix, if there is one, and the most frequent pairs.
func (s *survey) confusions() (all []Confusion) {
	if s.matrix != nil && !s.matrix.large && len(s.matrix.right) > 1 {
		all = append(all, s.matrix.confusion())
	}
	keys := slices.SortedFunc(maps.Keys(s.pairs), func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(s.pairs[b], s.pairs[a]), strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	if len(keys) == 0 || s.pairs[keys[0]] < 2 {
		return all
	}
	c := Confusion{Title: "Most frequent wrong answers", About: "The right answer is the one that most people gave."}
	if s.dropped > 0 {
		c.About += fmt.Sprintf(" %d wrong answers beyond the first %d different pairs are not counted.", s.dropped, mostPairs)
	}
	for _, key := range keys[:min(shownPairs, len(keys))] {
		c.Pairs = append(c.Pairs, ConfusedPair{Right: key[0], Predicted: key[1], N: s.pairs[key]})
	}
	return append(all, c)
}

// confusion lays out the matrix: a row for each right answer, a column for each of them and one for
// all other predictions.
func (m *matrix) confusion() Confusion {
	answers := slices.Sorted(maps.Keys(m.right))
	c := Confusion{Title: "Predicted answers by the right one", Answers: answers}
	for _, right := range answers {
		row := ConfusedRow{Right: right, Predicted: make([]int, len(answers)+1)}
		for key, n := range m.cells {
			if key[0] != right {
				continue
			}
			at := slices.Index(answers, key[1])
			if at < 0 {
				at = len(answers)
			}
			row.Predicted[at] += n
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// podium keeps the items with the lowest values, or the highest. The seed decides between equal
// ones.
type podium struct {
	metric  string
	most    int
	seed    uint64
	highest bool
	kept    []ranked
}

// ranked is an item with its place: lower comes first.
type ranked struct {
	value float64
	lot   uint64
	item  compare.Item
}

func (r ranked) compare(o ranked) int {
	return cmp.Or(cmp.Compare(r.value, o.value), cmp.Compare(r.lot, o.lot))
}

func (e *podium) add(i *compare.Item, value float64) {
	r := ranked{value: value, lot: random.New(e.seed, random.Name(i.ID)).Uint64()}
	if e.highest {
		r.value = -value
	}
	if len(e.kept) == e.most && r.compare(e.kept[e.most-1]) >= 0 {
		return
	}
	r.item = *i
	at, _ := slices.BinarySearchFunc(e.kept, r, ranked.compare)
	e.kept = slices.Insert(e.kept, at, r)
	e.kept = e.kept[:min(e.most, len(e.kept))]
}

func (e *podium) sorted() (items []compare.Item) {
	for _, r := range e.kept {
		items = append(items, r.item)
	}
	return items
}
