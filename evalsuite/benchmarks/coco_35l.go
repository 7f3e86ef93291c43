package benchmarks

// coco35L are translations of COCO's captions (Thapliyal et al., EMNLP 2022), coco_mt_dev.jsonl.
// English captions are those of the lines that are translated into German, as in big_vision.
var coco35L = Benchmark{
	Name: "coco-35l", About: "COCO-35L: COCO's captions and machine translations of them into 34 languages",
	Layout: "coco-35l", Task: Captions,
	Splits: []Split{{Name: "dev"}, {Name: "train"}},
	Chat:   "Provide a one-sentence caption for the provided image, in the language with the code {language}.",
	Prompt: "caption {language}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Metrics: languageMetrics, Slices: byLanguage,
	Unit: "image and language", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption"},
}
