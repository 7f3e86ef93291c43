package benchmarks

// cc3m35L are translations of CC3M (Thapliyal et al., EMNLP 2022).
var cc3m35L = Benchmark{
	Name: "cc3m-35l", About: "CC3M-35L: machine-translated captions for training",
	Layout: "cc3m-35l", Task: Captions,
	Splits: []Split{{Name: "dev"}, {Name: "train"}},
	Chat:   "Provide a one-sentence caption for the provided image, in the language with the code {language}.",
	Prompt: "caption {language}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "its captions are machine translations, for training",
	Unit:    "image and language", Cluster: "image",
}
