package benchmarks

// xm3600Retrieval is Crossmodal-3600 (Thapliyal et al., EMNLP 2022) as a test of retrieval: images
// and texts are ranked within each language, and the score is the mean of the languages.
var xm3600Retrieval = Benchmark{
	Name: "xm3600-retrieval", About: "Crossmodal-3600 images and captions in 36 languages, ranked by embeddings within each",
	Layout: "xm3600", Task: Retrieval,
	Splits:  []Split{{Name: "all", N: 3600}},
	Metrics: meanOfLanguages(retrievalMetrics()),
	Slices:  []Slice{{Name: "language", Of: func(i *Item) string { return i.Language }}},
	Unit:    "image or text, in a language", Cluster: "image",
	Published: []Published{
		{"mSigLIP B", "all", "i2t_r1", 54.1, "trained with batches of 32k", Verified, "SigLIP (arXiv 2303.15343)"},
		{"mSigLIP B", "all", "t2i_r1", 42.6, "trained with batches of 32k", Verified, "SigLIP (arXiv 2303.15343)"},
	},
}
