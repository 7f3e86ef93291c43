package benchmarks

// screen2words is Screen2Words (Wang et al., UIST 2021), screen_summaries.csv. The file has all
// splits: cut it to those of the split's list first. Summaries are scored as COCO's captions are,
// as PaliGemma is (google-research/big_vision 11eea57, datasets/screen2words, coco_caption.py).
var screen2words = Benchmark{
	Name: "screen2words", About: "Screen2Words: summaries of screens of mobile apps",
	Layout: "screen2words", Task: Captions,
	Splits: []Split{
		{"test", 4310, Verified, "google-research-datasets/screen2words, split, lines counted"},
		{"val", 2364, Verified, "google-research-datasets/screen2words, split, lines counted"},
		{"train", 15743, Verified, "google-research-datasets/screen2words, split, lines counted"},
	},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(24),
	Metrics: captionMetrics,
	Unit:    "screen", Cluster: "screen",
	Submission: Submission{ID: "image_id", Text: "caption"},
	Published: []Published{
		{"PaliGemma 3B", "test", "cider", 117.6, "CIDEr x 100, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "cider", 119.6, "CIDEr x 100, 448 pixels", Verified, paligemmaReadme},
	},
}
