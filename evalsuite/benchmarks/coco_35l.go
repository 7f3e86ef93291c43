package benchmarks

// coco35L are translations of COCO's captions (Thapliyal et al., EMNLP 2022).
var coco35L = Benchmark{
	Name: "coco-35l", About: "COCO-35L: machine-translated captions for training",
	Layout: "coco-35l", Task: Captions,
	Splits: []Split{{Name: "dev"}, {Name: "train"}},
	Chat:   "Provide a one-sentence caption for the provided image, in the language with the code {language}.",
	Prompt: "caption {language}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "its captions are machine translations, for training; models trained on them are scored on xm3600",
	Unit:    "image and language", Cluster: "image",
}
