package benchmarks

import (
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// pope is POPE (Li et al., EMNLP 2023): does a model see objects that are not there? It has a file
// for each way to choose the absent objects: random, popular and adversarial. A question of the
// folder with all three is named by file and number, as in random-1.
var pope = Benchmark{
	Name: "pope", About: "POPE: is an object in the photograph?",
	Layout: "pope", Task: YesNo,
	Splits: []Split{{"each file", 3000, Verified, "RUCAIBox/POPE, output/coco, lines counted"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics: yesNoMetrics(popeRules.list[0], metrics.POPEYesNo, noIsNo, "precision", "recall", "f1", "yes_ratio"),
	Protocols: []Protocol{
		protocol(LMMsEval, yesNoMetrics(popeRules.list[1], metrics.LMMsEvalYesNo, noIsLeftOut, "precision", "recall", "f1")...),
		protocol(VLMEvalKit, yesNoMetrics(popeRules.list[2], metrics.VLMEvalKitYesNo, noIsNo, "precision", "recall", "f1")...),
		protocol(BigVision, popeRules.of(BigVision)),
	},
	Slices: []Slice{ByField("category")},
	Unit:   "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer", Source: "https://github.com/RUCAIBox/POPE"},
}

// unread is how a program counts, in precision and recall, a response that says neither yes nor no.
type unread int

const (
	noIsNo      unread = iota // as no
	noIsLeftOut               // not at all
)

// yesNoScores are the scores of the answer yes.
var yesNoScores = []struct {
	name, about string
	of          func(metrics.BinaryCounts) float64
}{
	{"precision", "right ones of the answers yes", metrics.BinaryCounts.Precision},
	{"recall", "yes, of the questions where it is right", metrics.BinaryCounts.Recall},
	{"f1", "harmonic mean of precision and recall", metrics.BinaryCounts.F1},
	{"yes_ratio", "share of answers yes", metrics.BinaryCounts.YesRatio},
}

// yesNoMetrics are the accuracy by a rule and, of the answer yes, the scores with the names.
func yesNoMetrics(r rule, read func(string) metrics.Extraction, unread unread, names ...string) []Metric {
	all := []Metric{rules{metric: "accuracy"}.by(r)}
	for _, m := range yesNoScores {
		if !slices.Contains(names, m.name) {
			continue
		}
		all = append(all, Metric{Name: m.name, About: m.about, Source: r.source, Statistic: func(c *Corpus) (func([]int) float64, error) {
			truth, said := make([]bool, len(c.Items)), make([]metrics.Extraction, len(c.Items))
			for n := range c.Items {
				truth[n] = strings.EqualFold(c.Items[n].References[0], "yes")
				if c.Items[n].Error == "" {
					said[n] = read(c.Items[n].Prediction)
				}
			}
			return func(chosen []int) float64 {
				var counts metrics.BinaryCounts
				for _, i := range chosen {
					if said[i].Parsed || unread == noIsNo {
						counts.Add(truth[i], said[i].Answer == "yes")
					}
				}
				return m.of(counts)
			}, nil
		}})
	}
	return all
}
