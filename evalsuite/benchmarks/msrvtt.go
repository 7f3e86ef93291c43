package benchmarks

// msrvtt is MSR-VTT (Xu et al., CVPR 2016), videodatainfo.json.
var msrvtt = Benchmark{
	Name: "msrvtt", About: "MSR-VTT: captions of short videos",
	Layout: "msrvtt", Task: Captions,
	Splits: []Split{
		{"test", 2990, Secondary, "crux82/msr-vtt-it, README.md"},
		{"validate", 497, Secondary, "crux82/msr-vtt-it, README.md"},
		{"train", 6513, Secondary, "crux82/msr-vtt-it, README.md"},
	},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "video", Cluster: "video",
	Submission: Submission{ID: "video_id", Text: "caption", Source: "http://ms-multimedia-challenge.com/2017/challenge"},
	Published: []Published{
		{"PaLI-3", "test", "cider", 21.3, "CIDEr x 100, zero-shot, 8 frames", Verified, "Distilling Vision-Language Models on Millions of Videos, table 3"},
		{"PaliGemma 3B", "test", "cider", 70.5, "CIDEr x 100", Verified, paligemmaReadme},
	},
}
