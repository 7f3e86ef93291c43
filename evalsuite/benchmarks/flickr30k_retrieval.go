package benchmarks

// flickr30kRetrieval is Flickr30k (Young et al., TACL 2014) in the split of Karpathy and Fei-Fei,
// dataset_flickr30k.json, with five captions for each image.
var flickr30kRetrieval = Benchmark{
	Name: "flickr30k-retrieval", About: "Flickr30k images and captions, split of Karpathy, ranked by embeddings",
	Layout: "karpathy", Task: Retrieval,
	Splits:  []Split{{Name: "test", N: 1000}, {Name: "val", N: 1014}, {Name: "train", N: 29000}},
	Metrics: retrievalMetrics(),
	Unit:    "image or text", Cluster: "image",
}
