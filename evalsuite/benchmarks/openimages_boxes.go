package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics/detection"

const openImagesEval = "tensorflow/models, research/object_detection/utils/object_detection_evaluation.py, "

// openImagesBoxes is Open Images (Kuznetsova et al., IJCV 2020). The rule of its challenges needs
// the labels of images, besides the boxes, both expanded along the hierarchy of classes: give the
// owner's expanded files, or the hierarchy beside the others.
var openImagesBoxes = Benchmark{
	Name: "openimages-boxes", About: "Open Images: boxes of 600 kinds of objects",
	Layout: "openimages-boxes", Task: Boxes,
	Splits: []Split{
		{"validation", 41620, Verified, "tensorflow.org/datasets/catalog/open_images_v4"},
		{"test", 125436, Verified, "tensorflow.org/datasets/catalog/open_images_v4"},
	},
	Prompt: "detect {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 256},
	Metrics: averagePrecision(detection.Options{Rule: detection.OpenImages, GroupWeight: 1},
		"mean over classes of the average precision at 0.50; a group counts once, and detections of classes without a label do not count", openImagesEval+"OpenImagesDetectionChallengeEvaluator"),
	Protocols: []Protocol{{"openimages-v2", openImagesEval + "OpenImagesDetectionEvaluator",
		averagePrecision(detection.Options{Rule: detection.OpenImages, AllDetections: true}, "the same, where detections within groups do not count and all others do", openImagesEval+"OpenImagesDetectionEvaluator")}},
	Unit: "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "bbox", Table: true, Source: "https://storage.googleapis.com/openimages/web/evaluation.html"},
}

// averagePrecision is the one score of a rule.
func averagePrecision(o detection.Options, about, source string) []Metric {
	return []Metric{{Name: o.Rule.Names()[0], About: about, Source: source, Family: detectedFamily(o)}}
}
