package benchmarks

// easyvqa is easy-VQA (Victor Zhou, 2019): 13 answers about one coloured shape. Questions are named
// by their place in the file, from 0.
var easyvqa = Benchmark{
	Name: "easyvqa", About: "easy-VQA: questions about one coloured shape",
	Layout: "easyvqa", Task: Answers,
	Splits: []Split{{"test", 9673, Verified, "vzhou842/easy-VQA, README.md"}, {"train", 38575, Verified, "vzhou842/easy-VQA, README.md"}},
	Prompt: "{question}", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 8},
	Metrics:   []Metric{exactRules.official()},
	Protocols: exactRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
}
