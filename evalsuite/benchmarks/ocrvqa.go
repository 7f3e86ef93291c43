package benchmarks

import (
	"github.com/pali3/pali3/evalsuite/metrics"
)

// ocrvqa is OCR-VQA (Mishra et al., ICDAR 2019). A question is named by the book and its place in
// the book's list, from 0: 0815131798-2.
var ocrvqa = Benchmark{
	Name: "ocrvqa", About: "OCR-VQA: questions about book covers",
	Layout: "ocrvqa", Task: Answers,
	Splits: []Split{{Name: "test"}, {Name: "val"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics: []Metric{answerMetric("exact_match", "equal to the answer, in any case", "big_vision, evaluators/proj/paligemma/transfers/vqa.py, to_lower", rightOrWrong(metrics.SameTextAnyCase))},
	Protocols: []Protocol{
		lmmsEval(answerMetric("exact_match", "equal in any case, without punctuation", "lmms_eval/api/metrics.py, exact_match", rightOrWrong(metrics.LMMsEvalSameText))),
		vlmEvalKit(answerMetric("exact_match", "equal in any case, without outer white space", "vlmeval/dataset/utils/vqa_eval.py", rightOrWrong(metrics.VLMEvalKitSameText))),
	},
	Unit: "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "prediction"},
	Published: []Published{
		paligemma(224, "test", "exact_match", 73.2),
		paligemma(448, "test", "exact_match", 75.6),
		paligemma(896, "test", "exact_match", 75.9),
	},
}
