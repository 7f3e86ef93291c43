package benchmarks

const textvqaCard = "Hugging Face, facebook/textvqa, dataset_info of README.md"

// textvqa is TextVQA 0.5.1 (Singh et al., CVPR 2019).
var textvqa = Benchmark{
	Name: "textvqa", About: "TextVQA: questions about text in photographs",
	Layout: "textvqa", Task: Answers,
	Splits: []Split{{"val", 5000, Secondary, "TRI-ML/vlm-evaluation, vlm_eval/conf/datasets.py"}, {"test", 5734, Secondary, textvqaCard}, {"train", 34602, Secondary, textvqaCard}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{textvqaRules.official()},
	Protocols: textvqaRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "answer", Number: true, Source: "https://textvqa.org/challenge"},
	Published: []Published{
		pali3("test", "vqa_accuracy", 80.78, "with OCR input"),
		paligemma(224, "val", "vqa_accuracy", 55.5),
		paligemma(448, "val", "vqa_accuracy", 73.2),
		paligemma(896, "val", "vqa_accuracy", 76.5),
	},
}
