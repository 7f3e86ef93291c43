package benchmarks

// docvqa is DocVQA, task 1 (Mathew et al., WACV 2021).
var docvqa = Benchmark{
	Name: "docvqa", About: "DocVQA: questions about scanned documents",
	Layout: "docvqa", Task: Answers,
	Splits: []Split{
		{"val", 5349, Secondary, "Hugging Face, lmms-lab/DocVQA"},
		{"test", 5188, Secondary, "Hugging Face, lmms-lab/DocVQA"},
		{"train", 39463, Secondary, "Hugging Face, lmms-lab/DocVQA"},
	},
	Prompt: "{question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{anlsRules.official()},
	Protocols: anlsRules.protocols(),
	Slices:    []Slice{byList("question_types")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "questionId", Text: "answer", Number: true, Source: "https://rrc.cvc.uab.es/?ch=17&com=tasks"},
	Published: []Published{
		pali3("test", "anls", 88.6, "with OCR input"),
		paligemma(224, "test", "anls", 43.7),
		paligemma(448, "test", "anls", 78.0),
		paligemma(896, "test", "anls", 84.8),
	},
}
