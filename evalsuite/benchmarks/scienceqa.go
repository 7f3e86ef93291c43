package benchmarks

// scienceqa is ScienceQA (Lu et al., NeurIPS 2022), problems.json. Its owners draw a choice at
// random where they read none, which is wrong here and counted. Many of its questions have no
// image.
var scienceqa = Benchmark{
	Name: "scienceqa", About: "ScienceQA: questions of school science, with choices",
	Layout: "scienceqa", Task: Choices,
	Splits: []Split{{Name: "test", N: 4241}, {Name: "val", N: 4241}, {Name: "train", N: 12726}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 512},
	Metrics:   []Metric{scienceqaRules.official()},
	Protocols: scienceqaRules.protocols(),
	Slices:    []Slice{ByField("subject"), ByField("grade"), ByField("topic")},
	Unit:      "question", Cluster: "question",
	Submission: Submission{ID: "id", Text: "prediction", Source: "https://scienceqa.github.io"},
}
