package benchmarks

// ai2d is AI2D (Kembhavi et al., ECCV 2016). Its owners publish no scorer. The text of the right
// choice is expected, as by big_vision.
var ai2d = Benchmark{
	Name: "ai2d", About: "AI2D: questions about diagrams, with four choices",
	Layout: "ai2d", Task: Choices,
	Splits: []Split{{"test", 3088, Secondary, "evalscope.readthedocs.io, v1.6.0, benchmarks/ai2d (lmms-lab/ai2d)"}},
	Chat:   "{question}\n{choices}\nAnswer with the text of the right choice, without its letter.",
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 128},
	Metrics:   []Metric{ai2dRules.official()},
	Protocols: ai2dRules.protocols(),
	Slices:    []Slice{ByField("abc_label")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "questionId", Text: "prediction"},
	Published: []Published{
		paligemma(224, "test", "accuracy", 72.1),
		paligemma(448, "test", "accuracy", 73.3),
	},
}
