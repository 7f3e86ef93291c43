package benchmarks

// cc3m35L are translations of CC3M (Thapliyal et al., EMNLP 2022), cc3m_mt_dev.jsonl, scored like
// coco35L.
var cc3m35L = Benchmark{
	Name: "cc3m-35l", About: "CC3M-35L: CC3M's captions and machine translations of them into 34 languages",
	Layout: "cc3m-35l", Task: Captions,
	Splits: []Split{{Name: "dev"}, {Name: "train"}},
	Chat:   "Provide a one-sentence caption for the provided image, in the language with the code {language}.",
	Prompt: "caption {language}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Metrics: languageMetrics, Slices: byLanguage,
	Unit: "image and language", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption"},
}
