package benchmarks

// okvqa is OK-VQA (Marino et al., CVPR 2019), in the form of VQA v2. Its owners score with VQA's
// code; big_vision with SoftAccuracy.
var okvqa = Benchmark{
	Name: "okvqa", About: "OK-VQA: questions that need knowledge from outside the image",
	Layout: "okvqa", Task: Answers,
	Splits: []Split{{"val", 5046, Secondary, "Hugging Face, HuggingFaceM4/OK-VQA"}, {"train", 9009, Secondary, "Hugging Face, HuggingFaceM4/OK-VQA"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{okvqaRules.official(), softRules.official()},
	Protocols: okvqaRules.protocols(),
	Slices:    []Slice{byKind("answer_type"), ByField("question_type")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer", Number: true, Source: "https://okvqa.allenai.org"},
	Published: []Published{
		{"PaLI-17B", "val", "vqa_accuracy", 64.5, "", Secondary, paliNotes},
		{"PaLI-X", "val", "vqa_accuracy", 66.1, "", Secondary, palixListing},
		paligemma(224, "val", "soft_accuracy", 63.54),
		paligemma(448, "val", "soft_accuracy", 63.15),
	},
}
