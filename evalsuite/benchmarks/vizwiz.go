package benchmarks

// vizwiz is VizWiz-VQA (Gurari et al., CVPR 2018): one question about each image, by people who
// cannot see it.
var vizwiz = Benchmark{
	Name: "vizwiz", About: "VizWiz-VQA: questions by blind people about their photographs",
	Layout: "vizwiz", Task: Answers,
	Splits: []Split{{Name: "val", N: 4319}, {Name: "test", N: 8000}, {Name: "train", N: 20523}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
	Metrics:   []Metric{vizwizRules.official(), softRules.official()},
	Protocols: vizwizRules.protocols(),
	Slices:    []Slice{byKind("answer_type"), ByField("answerable")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "image", Text: "answer", Source: "https://vizwiz.org/tasks-and-datasets/vqa/"},
	Published: []Published{
		paligemma(224, "test-std", "vqa_accuracy", 73.7),
		paligemma(448, "test-std", "vqa_accuracy", 75.5),
	},
}
