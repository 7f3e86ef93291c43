package benchmarks

// karpathy is COCO in the split of Karpathy and Fei-Fei (CVPR 2015), dataset_coco.json. Predictions
// are named by cocoid, imgid or file name.
var karpathy = Benchmark{
	Name: "karpathy", About: "COCO captions, split of Karpathy: five captions for each photograph",
	Layout: "karpathy", Task: Captions,
	Splits: []Split{{Name: "test", N: 5000}, {Name: "val", N: 5000}, {Name: "restval", N: 30504}, {Name: "train", N: 82783}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption", Number: true, Source: "https://cs.stanford.edu/people/karpathy/deepimagesent/"},
	Published: []Published{
		pali3("test", "cider", 145.9, "CIDEr x 100"),
		{"PaLI-17B", "test", "cider", 149.1, "CIDEr x 100", Secondary, paliNotes},
		{"PaLI-X", "test", "cider", 149.2, "CIDEr x 100", Secondary, palixListing},
		{"PaliGemma 3B", "test", "cider", 141.9, "CIDEr x 100, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "cider", 144.6, "CIDEr x 100, 448 pixels", Verified, paligemmaReadme},
	},
}
