package benchmarks

import (
	"github.com/pali3/pali3/evalsuite/metrics"
)

// pope is POPE (Li et al., EMNLP 2023): does a model see objects that are not there? It has a file
// for each way to choose the absent objects: random, popular and adversarial.
var pope = Benchmark{
	Name: "pope", About: "POPE: is an object in the photograph?",
	Layout: "pope", Task: YesNo,
	Splits: []Split{{Name: "each file", N: 3000}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics: popeMetrics("RUCAIBox/POPE, evaluate.py", metrics.POPEYesNo),
	Protocols: []Protocol{
		lmmsEval(popeMetrics("lmms_eval/tasks/pope/utils.py", metrics.LMMsEvalYesNo)...),
		bigVision(popeMetrics("evaluators/proj/paligemma/transfers/pope.py", metrics.BigVisionYesNo)...),
		vlmEvalKit(popeMetrics("vlmeval/dataset/utils/yorn.py", metrics.VLMEvalKitYesNo)...),
	},
	Unit: "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer", Number: true, Source: "https://github.com/RUCAIBox/POPE"},
}

// popeMetrics are the accuracy and, of the answer yes, precision, recall, F1 and share. A response
// without an answer counts as wrong: as no if the answer is yes, and as yes if it is no.
func popeMetrics(source string, extract func(string) metrics.Extraction) []Metric {
	all := []Metric{{Name: "accuracy", About: "right answers", Source: source, Each: func() func(*Item) float64 {
		return func(i *Item) float64 { return i.extracted(extract(i.Prediction), i.References[0]) }
	}}}
	for _, m := range []struct {
		name, about string
		of          func(metrics.BinaryCounts) float64
	}{
		{"precision", "right ones of the answers yes", metrics.BinaryCounts.Precision},
		{"recall", "objects that were seen", metrics.BinaryCounts.Recall},
		{"f1", "harmonic mean of precision and recall", metrics.BinaryCounts.F1},
		{"yes_ratio", "answers yes; the files have one half", metrics.BinaryCounts.YesRatio},
	} {
		all = append(all, Metric{Name: m.name, About: m.about, Source: source, Statistic: func(c *Corpus) (func([]int) float64, error) {
			truth, predicted := make([]bool, len(c.Items)), make([]bool, len(c.Items))
			for n := range c.Items {
				truth[n] = c.Items[n].References[0] == "yes"
				said := extract(c.Items[n].Prediction)
				predicted[n] = said.Parsed && said.Answer == "yes" || !said.Parsed && !truth[n]
			}
			return func(chosen []int) float64 {
				var counts metrics.BinaryCounts
				for _, i := range chosen {
					counts.Add(truth[i], predicted[i])
				}
				return m.of(counts)
			}, nil
		}})
	}
	return all
}
