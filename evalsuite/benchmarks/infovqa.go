package benchmarks

// infovqa is InfographicVQA (Mathew et al., WACV 2022).
var infovqa = Benchmark{
	Name: "infovqa", About: "InfographicVQA: questions about infographics",
	Layout: "infovqa", Task: Answers,
	Splits: []Split{
		{"val", 2801, Secondary, "big_vision, datasets/infovqa/infovqa.py"},
		{"test", 3288, Secondary, "big_vision, datasets/infovqa/infovqa.py"},
		{"train", 23946, Secondary, "big_vision, datasets/infovqa/infovqa.py"},
	},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
	Metrics:   []Metric{anlsRules.official()},
	Protocols: anlsRules.protocols(),
	Slices:    []Slice{byList("answer_type"), byList("evidence"), byList("operation")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "questionId", Text: "answer", Number: true, Source: "https://rrc.cvc.uab.es/?ch=17&com=tasks"},
	Published: []Published{
		paligemma(224, "test", "anls", 28.5),
		paligemma(448, "test", "anls", 40.5),
		paligemma(896, "test", "anls", 47.8),
	},
}
