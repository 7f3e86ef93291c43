package benchmarks

// activitynet is ActivityNet Captions (Krishna et al., ICCV 2017). A video's sentences are its
// references, as PaLI-3 and PaliGemma caption whole videos; dense captioning is not scored.
var activitynet = Benchmark{
	Name: "activitynet", About: "ActivityNet Captions: sentences about moments of videos",
	Layout: "activitynet", Task: Captions,
	Splits: []Split{{Name: "val_1", N: 4917}, {Name: "val_2", N: 4885}, {Name: "train", N: 10009}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(64),
	Metrics: captionMetrics,
	Unit:    "video", Cluster: "video",
	Submission: Submission{ID: "image_id", Text: "caption"},
	Published: []Published{
		{"PaLI-3", "val", "cider", 13.8, "CIDEr x 100, zero-shot, 8 frames", Verified, "Distilling Vision-Language Models on Millions of Videos, table 3"},
		{"PaliGemma 3B", "test", "cider", 34.6, "CIDEr x 100", Verified, paligemmaReadme},
	},
}
