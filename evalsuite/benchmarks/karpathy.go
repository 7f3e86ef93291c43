package benchmarks

// tfdsCOCO is where the sizes of the splits of Karpathy were read.
const tfdsCOCO = "tensorflow.org/datasets/catalog/coco_captions"

// karpathy is COCO in the split of Karpathy and Fei-Fei (CVPR 2015), dataset_coco.json. Predictions
// are named by cocoid, imgid or file name.
var karpathy = Benchmark{
	Name: "karpathy", About: "COCO captions, split of Karpathy: five captions for each photograph",
	Layout: "karpathy", Task: Captions,
	Splits: []Split{{"test", 5000, Secondary, tfdsCOCO}, {"val", 5000, Secondary, tfdsCOCO}, {"restval", 30504, Secondary, tfdsCOCO}, {"train", 82783, Secondary, tfdsCOCO}},
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
