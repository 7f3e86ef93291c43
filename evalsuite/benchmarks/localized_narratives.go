package benchmarks

// localizedNarratives is Localized Narratives (Pont-Tuset et al., ECCV 2020).
var localizedNarratives = Benchmark{
	Name: "localized-narratives", About: "Localized Narratives: spoken descriptions of images",
	Layout: "localized-narratives", Task: Captions,
	Splits: []Split{{Name: "val"}, {Name: "test"}, {Name: "train"}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(128),
	Metrics: captionMetrics,
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption"},
}
