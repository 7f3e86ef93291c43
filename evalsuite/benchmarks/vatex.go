package benchmarks

// vatex is VATEX (Wang et al., ICCV 2019): captions of videos. The English ones are scored.
var vatex = Benchmark{
	Name: "vatex", About: "VATEX: English captions of short videos",
	Layout: "vatex", Task: Captions,
	Splits: []Split{{Name: "test", N: 6000}, {Name: "val", N: 3000}, {Name: "train", N: 25991}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(64),
	Metrics: captionMetrics,
	Unit:    "video", Cluster: "video",
	Submission: Submission{ID: "video_id", Text: "caption", ByID: true, Source: "https://competitions.codalab.org/competitions/24360"},
	Published: []Published{
		{"PaliGemma 3B", "test", "cider", 79.73, "CIDEr x 100", Verified, paligemmaReadme},
	},
}
