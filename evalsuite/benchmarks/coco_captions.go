package benchmarks

// cocoCaptions is COCO Captions (Chen et al., 2015) in its own files. Models are usually compared
// on Karpathy's split of it: see karpathy.
var cocoCaptions = Benchmark{
	Name: "coco-captions", About: "COCO captions: five captions for each photograph",
	Layout: "coco-captions", Task: Captions,
	Splits: []Split{
		{Name: "val2017", N: 5000},
		{"val2014", 40504, Secondary, "Hugging Face, HuggingFaceM4/VQAv2: images"},
		{"train2014", 82783, Secondary, "Hugging Face, HuggingFaceM4/VQAv2: images"},
		{Name: "train2017", N: 118287},
	},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption", Number: true, Source: "https://cocodataset.org/#captions-eval"},
}
