package benchmarks

// vqav2 is VQA v2.0 (Goyal et al., CVPR 2017). The size of val is that of the official files.
var vqav2 = Benchmark{
	Name:   "vqav2",
	About:  "VQA v2.0: open questions about photographs",
	Layout: "vqav2",
	Splits: []Split{
		{"val", 214354, Verified, "GT-Vision-Lab/VQA, README.md"},
		{"test-dev", 107394, Secondary, "Hugging Face, HuggingFaceM4/VQAv2"},
		{"test", 447793, Verified, "GT-Vision-Lab/VQA, README.md"},
		{"train", 443757, Verified, "GT-Vision-Lab/VQA, README.md"},
	},
	Task:   Answers,
	Prompt: "answer en {question}\n", Ops: "decode|resize({size})|value_range(-1,1)",
	Decoding:   Decoding{Beams: 1, MaxTokens: 32},
	Metrics:    []Metric{vqaRules.official()},
	Protocols:  vqaRules.protocols(),
	Slices:     []Slice{byKind("answer_type"), ByField("question_type")},
	Unit:       "question",
	Cluster:    "image",
	Submission: Submission{ID: "question_id", Text: "answer", Number: true, Source: "https://visualqa.org/evaluation.html"},
	Published: []Published{
		pali3("test-dev", "vqa_accuracy", 85.0, ""),
		pali3("test-std", "vqa_accuracy", 85.2, ""),
		{"PaLI-17B", "test-std", "vqa_accuracy", 84.3, "", Secondary, paliNotes},
		{"PaLI-X", "test-std", "vqa_accuracy", 86.1, "", Secondary, palixListing},
		paligemma(224, "test-std", "vqa_accuracy", 83.19),
		paligemma(448, "test-std", "vqa_accuracy", 85.64),
	},
}
