package benchmarks

import (
	"math"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// nlvr2 is NLVR2 (Suhr et al., ACL 2019). An identifier is SPLIT-SET-PAIR-SENTENCE: the same
// sentence is shown with several pairs of images.
var nlvr2 = Benchmark{
	Name: "nlvr2", About: "NLVR2: is a sentence true of two photographs?",
	Layout: "nlvr2", Task: YesNo,
	Splits: []Split{
		{"dev", 6982, Verified, "lil-lab/nlvr, nlvr2/data, lines counted"},
		{"test1", 6967, Verified, "lil-lab/nlvr, nlvr2/data, lines counted"},
		{"test2", 6970, Verified, "lil-lab/nlvr, nlvr2/data, lines counted"},
		{Name: "train", N: 86373},
	},
	Chat:   "Is this statement about the two images true or false?\n{question}\nAnswer with true or false.",
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Metrics: []Metric{
		nlvr2Rules.official(),
		{Name: "consistency", About: "sentences of which every pair is right", Source: nlvr2Eval, All: consistency(nlvr2Sentence)},
	},
	Protocols: nlvr2Rules.protocols(),
	Unit:      "pair of images and sentence", Cluster: "sentence", ClusterOf: nlvr2Sentence,
	Submission: Submission{ID: "identifier", Text: "prediction", Lines: true, Source: "https://lil.nlp.cornell.edu/nlvr/"},
}

const nlvr2Eval = "lil-lab/nlvr, nlvr2/eval/metrics.py"

// nlvr2Sentence returns an identifier without the number of the pair.
func nlvr2Sentence(i *Item) string {
	parts := strings.Split(i.ID, "-")
	if len(parts) != 4 {
		return i.ID
	}
	return parts[0] + "-" + parts[1] + "-" + parts[3]
}

// consistency returns 1 or 0 for the first item of each group: whether all of them are right.
func consistency(group func(*Item) string) func(*Corpus) ([]float64, error) {
	return func(c *Corpus) ([]float64, error) {
		first := map[string]int{}
		values := make([]float64, len(c.Items))
		for n := range c.Items {
			i := &c.Items[n]
			right := one(i.Error == "" && metrics.SameTextAnyCase(i.Prediction, i.References))
			at, ok := first[group(i)]
			if !ok {
				first[group(i)] = n
				values[n] = right
				continue
			}
			values[at] = min(values[at], right)
			values[n] = math.NaN()
		}
		return values, nil
	}
}
