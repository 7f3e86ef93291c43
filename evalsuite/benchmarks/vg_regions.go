package benchmarks

// vgRegions are the regions of Visual Genome (Krishna et al., IJCV 2017).
var vgRegions = Benchmark{
	Name: "vg-regions", About: "Visual Genome: phrases about regions",
	Layout: "vg-regions", Task: Boxes,
	Splits: []Split{{Name: "all"}},
	Prompt: "detect {label}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Missing: "no score of regions' phrases is usual",
	Unit:    "region", Cluster: "image",
}
