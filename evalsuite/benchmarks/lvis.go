package benchmarks

// lvis is LVIS v1 (Gupta et al., CVPR 2019).
var lvis = Benchmark{
	Name: "lvis", About: "LVIS: boxes and masks of 1,203 kinds of objects",
	Layout: "lvis", Task: Boxes,
	Splits: []Split{{Name: "val", N: 19809}},
	Prompt: "detect {label}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "the mean average precision of boxes is not built yet",
	Unit:    "image", Cluster: "image",
}
