package benchmarks

// cardCOCO2017 is where the sizes of COCO's splits of 2017 were read.
const cardCOCO2017 = "Hugging Face, surenreddy/coco2017, dataset card"

// cocoCaptions is COCO Captions (Chen et al., 2015) in its own files. Models are usually compared
// on Karpathy's split of it: see karpathy.
var cocoCaptions = Benchmark{
	Name: "coco-captions", About: "COCO captions: five captions for each photograph",
	Layout: "coco-captions", Task: Captions,
	Splits: []Split{
		{"val2017", 5000, Secondary, cardCOCO2017},
		{"val2014", 40504, Secondary, "Hugging Face, HuggingFaceM4/VQAv2: images"},
		{"train2014", 82783, Secondary, "Hugging Face, HuggingFaceM4/VQAv2: images"},
		{"train2017", 118287, Secondary, cardCOCO2017},
	},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption", Number: true, Source: "https://cocodataset.org/#captions-eval"},
}
