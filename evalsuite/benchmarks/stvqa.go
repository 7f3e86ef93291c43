package benchmarks

// stvqa is ST-VQA (Biten et al., ICCV 2019), task 3: no vocabulary is given.
var stvqa = Benchmark{
	Name: "stvqa", About: "ST-VQA: questions whose answers are read in the image",
	Layout: "stvqa", Task: Answers,
	Splits: []Split{{Name: "test"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
	Metrics:   []Metric{anlsRules.official()},
	Protocols: anlsRules.protocols(),
	Slices:    []Slice{ByField("dataset")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer", Number: true, Source: "https://rrc.cvc.uab.es/?ch=11&com=tasks"},
	Published: []Published{
		paligemma(224, "test", "anls", 63.3),
		paligemma(448, "test", "anls", 81.8),
		paligemma(896, "test", "anls", 84.4),
	},
}
