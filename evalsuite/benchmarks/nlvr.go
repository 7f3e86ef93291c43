package benchmarks

import "strings"

// nlvr is NLVR (Suhr et al., ACL 2017): is a sentence true of a drawing of three boxes? Each
// drawing is shown six times, with its boxes in another order, and up to four drawings share a
// sentence. The owner's consistency is by the first part of the identifier, so by sentence.
var nlvr = Benchmark{
	Name: "nlvr", About: "NLVR: is a sentence true of a drawing of three boxes?",
	Layout: "nlvr", Task: YesNo,
	Splits: []Split{{Name: "dev", N: 5934, Confidence: Verified, Source: nlvrData}, {Name: "test", N: 5940, Confidence: Verified, Source: nlvrData}, {Name: "train"}},
	Chat:   "Is this statement about the image true or false?\n{question}\nAnswer with true or false.",
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Adapt: func(i *Item) { i.also = append(i.also, i.Image, strings.TrimSuffix(i.Image, ".png")) },
	Metrics: []Metric{
		nlvrRules.official(),
		{Name: "consistency", About: "sentences of which every drawing is right", Source: nlvrEval, All: consistency(nlvrSentence)},
	},
	Protocols: nlvrRules.protocols(),
	Unit:      "image and sentence", Cluster: "sentence", ClusterOf: nlvrSentence,
	Submission: Submission{ID: "identifier", Text: "prediction", Lines: true, Source: "https://github.com/lil-lab/nlvr"},
}

const (
	nlvrEval = "lil-lab/nlvr, nlvr/metrics_images.py"
	nlvrData = "lil-lab/nlvr, nlvr/dev/dev.json and nlvr/test/test.json, six images a line"
)

// nlvrSentence returns the first part of an identifier such as 72-0-3.
func nlvrSentence(i *Item) string {
	sentence, _, _ := strings.Cut(i.ID, "-")
	return sentence
}
