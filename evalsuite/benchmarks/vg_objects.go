package benchmarks

// vgObjects are the objects of Visual Genome (Krishna et al., IJCV 2017).
var vgObjects = Benchmark{
	Name: "vg-objects", About: "Visual Genome: boxes of objects",
	Layout: "vg-objects", Task: Boxes,
	Splits: []Split{{Name: "all"}},
	Prompt: "detect {label}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "the mean average precision of boxes is not built yet",
	Unit:    "image", Cluster: "image",
}
