package benchmarks

// vgQuestions are the questions of Visual Genome (Krishna et al., IJCV 2017). The file has no
// splits.
var vgQuestions = Benchmark{
	Name: "vg-questions", About: "Visual Genome: questions about photographs",
	Layout: "vg-questions", Task: Answers,
	Splits: []Split{{Name: "all"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{exactRules.official()},
	Protocols: exactRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "qa_id", Text: "answer"},
}
