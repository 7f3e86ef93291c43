package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics/detection"

// cocoInstances is COCO (Lin et al., ECCV 2014).
var cocoInstances = Benchmark{
	Name: "coco-instances", About: "COCO: boxes and masks of 80 kinds of objects",
	Layout: "coco-instances", Task: Boxes,
	Splits: []Split{{Name: "val2017", N: 5000}, {Name: "val2014", N: 40504}},
	Prompt: "detect {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 256},
	Metrics: averagePrecisions(detection.COCO, "pycocotools, cocoeval.py"),
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "bbox", Number: true, Source: "https://cocodataset.org/#format-results"},
}
