package benchmarks

// openImagesBoxes is Open Images (Kuznetsova et al., IJCV 2020).
var openImagesBoxes = Benchmark{
	Name: "openimages-boxes", About: "Open Images: boxes of 600 kinds of objects",
	Layout: "openimages-boxes", Task: Boxes,
	Splits: []Split{{Name: "validation"}, {Name: "test"}},
	Prompt: "detect {label}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "the mean average precision of boxes is not built yet",
	Unit:    "image", Cluster: "image",
}
