package benchmarks

import (
	"math"
	"strconv"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// mmbench is MMBench (Liu et al., ECCV 2024). A question is asked once for each rotation of its
// choices, and is right if all answers are. OpenCompass, its owners, read the answers with
// VLMEvalKit, and ask a language model where they read none, which is not done here.
var mmbench = Benchmark{
	Name: "mmbench", About: "MMBench: questions with up to four choices, asked in every rotation of them",
	Layout: "mmbench", Task: Choices,
	Splits: []Split{{Name: "dev"}, {Name: "test"}},
	Chat:   chatLetter,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics: []Metric{
		{Name: "accuracy_circular", About: "questions that are right in every rotation, read without a judge", Source: mmbenchEval, All: mmbenchCircular},
		mmbenchRules.official(),
	},
	Protocols: mmbenchRules.protocols(),
	Slices:    []Slice{ByField("category"), ByField("l2-category")},
	Unit:      "question", Cluster: "question", ClusterOf: mmbenchQuestion,
	Submission: Submission{ID: "index", Text: "prediction", Number: true, Source: "https://github.com/open-compass/MMBench"},
}

const mmbenchEval = "open-compass/VLMEvalKit, vlmeval/dataset/utils/multiple_choice.py, mcq_circular_eval, exact matching"

// rotations is the step between the indices of a question's rotations.
const rotations = 1_000_000

// mmbenchQuestion returns the index of a question's first rotation.
func mmbenchQuestion(i *Item) string {
	index, err := strconv.ParseInt(i.ID, 10, 64)
	if err != nil {
		return i.ID
	}
	return strconv.FormatInt(index%rotations, 10)
}

// mmbenchCircular returns 1 or 0 for the first item of each question: whether all rotations are
// right.
func mmbenchCircular(c *Corpus) ([]float64, error) {
	values, first := make([]float64, len(c.Items)), map[string]int{}
	for n := range c.Items {
		i := &c.Items[n]
		read := metrics.VLMEvalKitChoice(i.Prediction, i.Choices)
		right := one(i.Error == "" && read.Parsed && read.Answer == metrics.LetterOf(i.References[0], i.Choices))
		question := mmbenchQuestion(i)
		at, ok := first[question]
		if !ok {
			first[question] = n
			values[n] = right
			continue
		}
		values[at] = min(values[at], right)
		values[n] = math.NaN()
	}
	return values, nil
}
