package benchmarks

// xm3600 is Crossmodal-3600 (Thapliyal et al., EMNLP 2022).
var xm3600 = Benchmark{
	Name: "xm3600", About: "Crossmodal-3600: captions in 36 languages",
	Layout: "xm3600", Task: Captions,
	Splits: []Split{{Name: "all", N: 3600}},
	Chat:   "Provide a one-sentence caption for the provided image, in the language with the code {language}.",
	Prompt: "caption {language}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "captions of 36 languages need the owner's tokenisation, which is not read yet",
	Unit:    "image and language", Cluster: "image",
	Published: []Published{
		{"PaliGemma 3B", "all", "cider", 42.4, "CIDEr x 100, mean of 35 languages, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "all", "cider", 42.9, "CIDEr x 100, mean of 35 languages, 448 pixels", Verified, paligemmaReadme},
	},
}
