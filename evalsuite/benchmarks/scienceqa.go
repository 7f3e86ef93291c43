package benchmarks

import (
	"github.com/pali3/pali3/evalsuite/metrics"
)

// scienceqa is ScienceQA (Lu et al., NeurIPS 2022), problems.json. Its owners draw a choice at
// random where they read none, which is wrong here and counted. Many of its questions have no
// image.
var scienceqa = Benchmark{
	Name: "scienceqa", About: "ScienceQA: questions of school science, with choices",
	Layout: "scienceqa", Task: Choices,
	Splits: []Split{{Name: "test", N: 4241}, {Name: "val", N: 4241}, {Name: "train", N: 12726}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 512},
	Metrics: []Metric{choiceAccuracy("The answer is A.", "lupantech/ScienceQA, models/run_gpt3.py", metrics.ScienceQAChoice)},
	Protocols: []Protocol{
		{"llava", "haotian-liu/LLaVA, llava/eval/eval_science_qa.py", []Metric{choiceAccuracy("a letter, or the answer is A", "llava/eval/eval_science_qa.py", metrics.LLaVAChoice)}},
		lmmsEval(choiceAccuracy("a letter", "lmms_eval/tasks/scienceqa/utils.py", metrics.LMMsEvalScienceQAChoice)),
		bigVision(choiceAccuracy("the answer is a.", "evaluators/proj/paligemma/transfers/science_qa.py", metrics.BigVisionScienceQAChoice)),
		vlmEvalKit(choiceAccuracy("a letter or a text", "vlmeval/utils/matching_util.py", metrics.VLMEvalKitChoice)),
	},
	Slices: []Slice{ByField("subject"), ByField("grade"), ByField("topic")},
	Unit:   "question", Cluster: "question",
	Submission: Submission{ID: "id", Text: "prediction", Source: "https://scienceqa.github.io"},
}
