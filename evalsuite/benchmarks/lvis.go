package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics/detection"

// lvis is LVIS v1 (Gupta et al., CVPR 2019).
var lvis = Benchmark{
	Name: "lvis", About: "LVIS: boxes and masks of 1,203 kinds of objects",
	Layout: "lvis", Task: Boxes,
	Splits: []Split{{"val", 19809, Secondary, tfdsCatalog + "lvis.md"}},
	Prompt: "detect {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Metrics: averagePrecisions(detection.LVIS, "lvis-dataset/lvis-api, lvis/eval.py"),
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "bbox", Number: true, Source: "https://www.lvisdataset.org/challenge_2021"},
}
