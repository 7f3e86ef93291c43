package benchmarks

import (
	"math"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// gqa is GQA (Hudson and Manning, CVPR 2019). The owner's eval.py scores balanced questions. The
// others of an "all" file are needed for the consistency only, and may lack a prediction.
var gqa = Benchmark{
	Name: "gqa", About: "GQA: questions made from scene graphs",
	Layout: "gqa", Task: Answers,
	Splits: []Split{
		{"testdev_balanced", 12578, Secondary, "big_vision, datasets/gqa/gqa.py"},
		{"val_balanced", 132062, Secondary, "big_vision, datasets/gqa/gqa.py"},
		{Name: "test_balanced", N: 95336},
		{"train_balanced", 943000, Secondary, "big_vision, datasets/gqa/gqa.py"},
	},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Beside: readGQAChoices,
	Adapt:  func(i *Item) { i.Optional = i.Field("balanced") == "false" },
	Metrics: []Metric{
		gqaBalanced.official(),
		gqaRules.only(gqaBinary).named("accuracy_binary", "accuracy of questions that do not ask for a word"),
		gqaRules.only(gqaOpen).named("accuracy_open", "accuracy of questions that ask for a word"),
		{Name: "consistency", About: "right answers to what right answers entail", Source: gqaEval, All: gqaConsistency},
		gqaChosen("validity", "answers that could be an answer to the question, by the choices file", "valid"),
		gqaChosen("plausibility", "answers that make sense in the world, by the choices file", "plausible"),
		// Max is nominal: there is no highest value, and the owner does not print it in percent.
		{Name: "distribution", About: "chi-square between right and given answers within groups", Source: gqaEval, Max: 1e6, LowerIsBetter: true, Statistic: gqaDistribution},
	},
	Protocols: gqaBalanced.protocols(),
	Slices:    []Slice{byKind("structural"), ByField("semantic"), ByField("detailed"), {Name: "words", Of: gqaWords}, ByField("steps")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "questionId", Text: "prediction", Source: "https://cs.stanford.edu/people/dorarad/gqa/evaluate.html"},
}

const gqaEval = "cs.stanford.edu/people/dorarad/gqa, eval.py"

// gqaBalanced are the rules for balanced questions.
var gqaBalanced = gqaRules.only(func(i *Item) bool { return !i.Optional })

// gqaWords is the number of words of a question.
func gqaWords(i *Item) string { return strconv.Itoa(len(strings.Fields(i.Question))) }

func gqaBinary(i *Item) bool { return !i.Optional && i.Kind != "query" }

func gqaOpen(i *Item) bool { return !i.Optional && i.Kind == "query" }

// gqaConsistency returns, for each balanced question with a right answer, the share of right
// answers to the questions that it entails. It does not count a question of which an entailed one
// has no prediction.
func gqaConsistency(c *Corpus) ([]float64, error) {
	right := make(map[string]bool, len(c.Items))
	for n := range c.Items {
		i := &c.Items[n]
		right[i.ID] = metrics.SameText(i.Prediction, i.References)
	}
	values := make([]float64, len(c.Items))
	for n := range c.Items {
		i := &c.Items[n]
		values[n] = math.NaN()
		if !right[i.ID] || i.Field("balanced") == "false" {
			continue
		}
		sum, count, whole := 0.0, 0.0, true
		for _, id := range i.List("entailed") {
			if id == i.ID {
				continue
			}
			is, known := right[id]
			whole = whole && known
			if count++; is {
				sum++
			}
		}
		if count > 0 && whole {
			values[n] = sum / count
		}
	}
	return values, nil
}
