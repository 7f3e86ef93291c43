package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics/detection"

// cocoInstances is COCO (Lin et al., ECCV 2014).
var cocoInstances = Benchmark{
	Name: "coco-instances", About: "COCO: boxes and masks of 80 kinds of objects",
	Layout: "coco-instances", Task: Boxes,
	Splits: []Split{{"val2017", 5000, Secondary, cardCOCO2017}, {"val2014", 40504, Secondary, "Hugging Face, HuggingFaceM4/VQAv2: images"}},
	Prompt: "detect {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 256},
	Metrics: averagePrecisions(detection.COCO, "pycocotools, cocoeval.py"),
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "bbox", Number: true, Source: "https://cocodataset.org/#format-results"},
}
