package benchmarks

// vgObjects are the objects of Visual Genome (Krishna et al., IJCV 2017).
var vgObjects = Benchmark{
	Name: "vg-objects", About: "Visual Genome: boxes of objects",
	Layout: "vg-objects", Task: Boxes,
	Splits: []Split{{Name: "all"}},
	Prompt: "detect {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "no score of these boxes is usual: their labels are free text",
	Unit:    "image", Cluster: "image",
}
