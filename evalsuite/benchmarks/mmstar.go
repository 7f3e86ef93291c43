package benchmarks

// mmstar is MMStar (Chen et al., NeurIPS 2024): 1,500 questions that need the image. Its groups
// are of 250 questions and 18 finer ones.
var mmstar = Benchmark{
	Name: "mmstar", About: "MMStar: questions with four choices that cannot be answered without the image",
	Layout: "mmstar", Task: Choices,
	Splits: []Split{{Name: "val", N: 1500, Confidence: Verified, Source: "MMStar-Benchmark/MMStar, eval/vlmeval/evaluate/mmstar.py"}},
	Chat:   chatLetter,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics:   []Metric{mmstarRules.official()},
	Protocols: mmstarRules.protocols(),
	Slices:    []Slice{ByField("category"), ByField("l2_category"), ByField("bench")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "index", Text: "prediction", Source: "https://github.com/MMStar-Benchmark/MMStar"},
}
