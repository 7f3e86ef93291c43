package benchmarks

// widgetcap is Widget Captioning (Li et al., EMNLP 2020). The captions between bars are scored as
// COCO's captions are, as PaliGemma is (google-research/big_vision 5f95305, datasets/widgetcap).
var widgetcap = Benchmark{
	Name: "widgetcap", About: "Widget Captioning: captions of interface elements",
	Layout: "widgetcap", Task: Captions,
	Splits: []Split{{Name: "test"}, {Name: "dev"}, {Name: "train"}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "widget", Cluster: "widget",
	Submission: Submission{ID: "image_id", Text: "caption"},
	Published: []Published{
		{"PaliGemma 3B", "test", "cider", 136.1, "CIDEr x 100, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "cider", 148.4, "CIDEr x 100, 448 pixels", Verified, paligemmaReadme},
	},
}
