package benchmarks

// scicap is SciCap (Hsu et al., Findings of EMNLP 2021). The experiment on which PaliGemma is
// scored has the captions' first sentences of figures without subfigures. As big_vision does
// (datasets/scicap/scicap.py), the list of that experiment chooses the figures, and the caption is
// the whole one, in lower case and without the number of the figure.
var scicap = Benchmark{
	Name: "scicap", About: "SciCap: captions of figures in scientific papers",
	Layout: "scicap", Task: Captions,
	Splits: []Split{
		{"test", 13355, Verified, "tingyaohsu/SciCap, README, First Sentence without subfigures"},
		{"val", 13354, Verified, "tingyaohsu/SciCap, README, First Sentence without subfigures"},
		{"train", 106834, Verified, "tingyaohsu/SciCap, README, First Sentence without subfigures"},
	},
	Prompt: "caption {language}\n", Ops: resized, Decoding: captionBeams(96),
	Metrics: captionMetrics,
	Unit:    "figure", Cluster: "paper", ClusterOf: paperOf,
	Submission: Submission{ID: "image_id", Text: "caption"},
	Published: []Published{
		{"PaliGemma 3B", "test", "cider", 162.25, "CIDEr x 100, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "cider", 181.49, "CIDEr x 100, 448 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "bleu_4", 19.2, "224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "bleu_4", 21.1, "448 pixels", Verified, paligemmaReadme},
	},
}

// paperOf returns the paper of a figure, or the figure if the file does not say it.
func paperOf(i *Item) string {
	if paper := i.Field("paper"); paper != "" {
		return paper
	}
	return i.Image
}
