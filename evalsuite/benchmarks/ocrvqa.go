package benchmarks

// ocrvqa is OCR-VQA (Mishra et al., ICDAR 2019). A question is named by the book and its place in
// the book's list, from 0: 0815131798-2.
var ocrvqa = Benchmark{
	Name: "ocrvqa", About: "OCR-VQA: questions about book covers",
	Layout: "ocrvqa", Task: Answers,
	Splits: []Split{{Name: "test"}, {Name: "val"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{ocrvqaRules.official()},
	Protocols: ocrvqaRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
	Published: []Published{
		paligemma(224, "test", "exact_match", 73.2),
		paligemma(448, "test", "exact_match", 75.6),
		paligemma(896, "test", "exact_match", 75.9),
	},
}
