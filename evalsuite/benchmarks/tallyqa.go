package benchmarks

// tallyqa is TallyQA (Acharya et al., AAAI 2019).
var tallyqa = Benchmark{
	Name: "tallyqa", About: "TallyQA: questions of how many",
	Layout: "tallyqa", Task: Answers,
	Splits: []Split{{"test", 38589, Secondary, "TRI-ML/vlm-evaluation, vlm_eval/conf/datasets.py"}, {Name: "train", N: 249318}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{tallyqaRules.official()},
	Protocols: tallyqaRules.protocols(),
	Slices:    []Slice{byKind("complexity"), ByField("data_source")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer"},
	Published: []Published{
		{"PaLI-X", "test", "accuracy", 75.6, "complex questions", Secondary, palixListing},
		{"PaliGemma 3B", "test", "accuracy", 81.7, "simple questions, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "accuracy", 69.6, "complex questions, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "accuracy", 84.9, "simple questions, 448 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "accuracy", 72.3, "complex questions, 448 pixels", Verified, paligemmaReadme},
	},
}
