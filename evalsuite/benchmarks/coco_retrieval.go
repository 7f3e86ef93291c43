package benchmarks

import "slices"

const siglip2Readme = "SigLIP 2, big_vision configs/proj/image_text/README_siglip2.md"

// cocoRetrieval is COCO in the split of Karpathy and Fei-Fei (CVPR 2015), dataset_coco.json, with
// all captions of an image: 25,010 for the 5,000 of the test split.
var cocoRetrieval = Benchmark{
	Name: "coco-retrieval", About: "COCO images and captions, split of Karpathy, ranked by embeddings",
	Layout: "karpathy", Task: Retrieval,
	Splits:  []Split{{"test", 5000, Secondary, tfdsCOCO}, {"val", 5000, Secondary, tfdsCOCO}},
	Metrics: retrievalMetrics(),
	Unit:    "image or text", Cluster: "image",
	Published: slices.Concat(
		siglip2COCO("B/16, 224 pixels", 68.9, 52.1), siglip2COCO("L/16, 256 pixels", 71.5, 54.7),
		siglip2COCO("So400m/14, 384 pixels", 71.7, 55.8), siglip2COCO("g-opt/16, 384 pixels", 72.8, 56.1),
	),
}

// siglip2COCO are the recalls at 1 of a SigLIP 2.
func siglip2COCO(model string, imageToText, textToImage float64) []Published {
	return []Published{
		{"SigLIP 2", "test", "i2t_r1", imageToText, model, Verified, siglip2Readme},
		{"SigLIP 2", "test", "t2i_r1", textToImage, model, Verified, siglip2Readme},
	}
}
