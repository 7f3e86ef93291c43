package benchmarks

// clevr is CLEVR (Johnson et al., CVPR 2017). Its owners publish no scorer; answers are from a
// vocabulary of 28 words.
var clevr = Benchmark{
	Name: "clevr", About: "CLEVR: questions about rendered shapes that take several steps",
	Layout: "clevr", Task: Answers,
	Splits: []Split{{Name: "val"}, {Name: "test"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 8},
	Metrics:   []Metric{exactRules.official()},
	Protocols: exactRules.protocols(),
	Slices:    []Slice{byKind("function")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_index", Text: "answer", Number: true},
}

// countbenchqa is CountBenchQA (Beyer et al., PaliGemma, 2024): how many objects are there? The
// images are those of CountBench (Paiss et al., ICCV 2023).
var countbenchqa = Benchmark{
	Name: "countbenchqa", About: "CountBenchQA: how many objects are in the image?",
	Layout: "countbenchqa", Task: Answers,
	Splits: []Split{{Name: "test"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics:   []Metric{countbenchRules.official()},
	Protocols: countbenchRules.protocols(),
	Slices:    []Slice{{Name: "number", Of: func(i *Item) string { return i.References[0] }}},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
}

// vsr is VSR (Liu et al., TACL 2023): is what a sentence says of two objects true? The owners
// classify; a prediction here is the word true or false. Statements are named by their line, from
// 0.
var vsr = Benchmark{
	Name: "vsr", About: "VSR: does a sentence say where two objects are?",
	Layout: "vsr", Task: YesNo,
	Splits: []Split{{Name: "test"}, {Name: "dev"}, {Name: "train"}},
	Chat:   chatTrue,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 8},
	Metrics:   []Metric{vsrRules.official()},
	Protocols: vsrRules.protocols(),
	Slices:    []Slice{ByField("relation")},
	Unit:      "image and sentence", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
}
