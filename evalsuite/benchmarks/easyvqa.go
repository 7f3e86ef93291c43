package benchmarks

// easyvqa is easy-VQA (Victor Zhou, 2019): 13 answers about one coloured shape. Questions are named
// by their place in the file, from 0.
var easyvqa = Benchmark{
	Name: "easyvqa", About: "easy-VQA: questions about one coloured shape",
	Layout: "easyvqa", Task: Answers,
	Splits: []Split{{Name: "test", N: 9673}, {Name: "train", N: 38575}},
	Prompt: "{question}", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 8},
	Metrics:   []Metric{exactRules.official()},
	Protocols: exactRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
}
