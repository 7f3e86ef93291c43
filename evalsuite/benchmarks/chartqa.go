package benchmarks

const chartqaWeights = "google-research/big_vision, configs/proj/paligemma/transfers/chartqa.py, _WEIGHTS"

// chartqa is ChartQA (Masry et al., Findings of ACL 2022). It has a file of questions by people and
// one of generated questions for each split. The published score is the mean of the two files', and
// so that of the folder with both, which have the same size. A question is named by its place in
// its file, from 0; of the folder by file and place, as in human-0.
var chartqa = Benchmark{
	Name: "chartqa", About: "ChartQA: questions about charts; by people (human) and generated (augmented)",
	Layout: "chartqa", Task: Answers,
	Splits: []Split{{"test (both files)", 2500, Secondary, "Hugging Face, HuggingFaceM4/ChartQA"}, {"test (each file)", 1250, Secondary, "evalscope.readthedocs.io, v1.6.0, benchmarks/chartqa"}, {Name: "val (each file)", N: 960}, {"train (human)", 7398, Secondary, chartqaWeights}, {"train (augmented)", 20901, Secondary, chartqaWeights}},
	Chat:   "{question}\nAnswer the question with a single word.",
	Prompt: "{question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 48},
	Metrics:   []Metric{relaxedRules.official()},
	Protocols: relaxedRules.protocols(),
	Slices:    []Slice{ByField("origin")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
	Published: []Published{
		{"PaliGemma 3B", "test", "relaxed_accuracy", 57.1, "mean of both files, 224 pixels", Verified, paligemmaReadme},
		{"PaliGemma 3B", "test", "relaxed_accuracy", 71.4, "mean of both files, 448 pixels", Verified, paligemmaReadme},
	},
}
