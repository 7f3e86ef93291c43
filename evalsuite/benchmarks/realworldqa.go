package benchmarks

// realworldqa is RealWorldQA (xAI, 2024): 765 images of everyday scenes. Its owner publishes no
// scorer. The rule that counts as official is lmms-eval's.
var realworldqa = Benchmark{
	Name: "realworldqa", About: "RealWorldQA: questions about everyday scenes, with choices or a short answer",
	Layout: "realworldqa", Task: Choices,
	Splits: []Split{{Name: "test"}},
	Chat:   chatMMMU,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics:   []Metric{realworldqaRules.official()},
	Protocols: realworldqaRules.protocols(),
	Slices:    []Slice{byKind("answer")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "index", Text: "prediction", Source: "https://x.ai/news/grok-1.5v"},
}
