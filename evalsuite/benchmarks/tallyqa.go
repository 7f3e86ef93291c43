package benchmarks

import (
	"github.com/pali3/pali3/evalsuite/metrics"
)

// tallyqa is TallyQA (Acharya et al., AAAI 2019).
var tallyqa = Benchmark{
	Name: "tallyqa", About: "TallyQA: questions of how many",
	Layout: "tallyqa", Task: Answers,
	Splits: []Split{{Name: "test", N: 38589}, {Name: "train", N: 249318}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics: []Metric{answerMetric("accuracy", "the same count, in digits or words up to twenty", "big_vision, evaluators/proj/paligemma/transfers/tallyqa.py; Acharya et al., TallyQA, section 5",
		func(prediction string, references []string) float64 {
			return one(metrics.TallyQACorrect(prediction, references[0]))
		})},
	Protocols: []Protocol{vlmEvalKit(Metric{Name: "accuracy", About: "the first number of the response", Source: "vlmeval/dataset/utils/tallyqa.py", Each: func() func(*Item) float64 {
		return func(i *Item) float64 { return i.extracted(metrics.VLMEvalKitCount(i.Prediction), i.References[0]) }
	}})},
	Slices: []Slice{byKind("complexity"), ByField("data_source")},
	Unit:   "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer"},
	Published: []Published{
		{"PaLI-X", "test", "accuracy", 75.6, "complex questions", Secondary, palixListing},
		{"PaliGemma 3B", "test", "accuracy", 81.7, "simple questions, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "accuracy", 69.6, "complex questions, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "accuracy", 84.9, "simple questions, 448 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "accuracy", 72.3, "complex questions, 448 pixels", Verified, paligemmaReadme},
	},
}
