package benchmarks

// vizwizCaptions is VizWiz-Captions (Gurari et al., ECCV 2020), annotations/val.json. The owner's
// code (Yinan-Zhao/vizwiz-caption 625252b, vizwiz_api/vizwiz.py) leaves out captions that are spam
// (is_rejected) and the prepared text that says that the image is too bad (is_precanned), and
// scores the others as COCO's captions are. An image that keeps no caption is not scored.
var vizwizCaptions = Benchmark{
	Name: "vizwiz-captions", About: "VizWiz-Captions: captions of photographs by blind people",
	Layout: "vizwiz-captions", Task: Captions,
	Splits: []Split{{Name: "val"}, {Name: "train"}, {Name: "test"}},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(32),
	Metrics: captionMetrics,
	Unit:    "image", Cluster: "image",
	Submission: Submission{ID: "image_id", Text: "caption", Number: true, Source: "https://vizwiz.org/tasks-and-datasets/image-captioning/"},
}
