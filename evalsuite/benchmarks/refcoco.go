package benchmarks

// refcoco is RefCOCO (Kazemzadeh et al., EMNLP 2014; Yu et al., ECCV 2016), refs(unc).p.
var refcoco = referring("refcoco", "RefCOCO: segment what an expression refers to",
	[]Split{
		{"val", 10834, Secondary, "flageval.baai.ac.cn, RefCOCO visual grounding"},
		{"testA", 5657, Secondary, "flageval.baai.ac.cn, RefCOCO visual grounding"},
		{"testB", 5095, Secondary, "flageval.baai.ac.cn, RefCOCO visual grounding"},
	},
	paligemma(224, "val", "miou", 73.4), paligemma(448, "val", "miou", 75.6), paligemma(896, "val", "miou", 76.9))

// refcocoPlus is RefCOCO+, whose expressions use no places: refs(unc).p.
var refcocoPlus = referring("refcoco+", "RefCOCO+: segment what an expression without places refers to",
	[]Split{{Name: "val", N: 10758}, {Name: "testA", N: 5726}, {Name: "testB", N: 4889}},
	paligemma(224, "val", "miou", 68.3), paligemma(448, "val", "miou", 69.8), paligemma(896, "val", "miou", 72.2))

// refcocog is RefCOCOg (Mao et al., CVPR 2016) in the split of UMD, refs(umd).p.
var refcocog = referring("refcocog", "RefCOCOg: segment what a longer expression refers to",
	[]Split{{Name: "val", N: 4896}, {Name: "test", N: 9602}},
	paligemma(224, "val", "miou", 67.7), paligemma(448, "val", "miou", 70.2), paligemma(896, "val", "miou", 72.2))

// referring is a benchmark of referring expressions.
func referring(name, about string, splits []Split, published ...Published) Benchmark {
	return Benchmark{
		Name: name, About: about, Layout: "refcoco", Task: Masks, Splits: splits,
		Prompt: "segment {label}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
		Metrics:   referringMetrics(nil),
		Protocols: []Protocol{protocol(BigVision, wholeBoxes()...)},
		Unit:      "expression", Cluster: "image", Published: published,
		Submission: Submission{ID: "id", Text: "prediction", Regions: true},
	}
}
