package benchmarks

import (
	"math"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// aokvqa is A-OKVQA (Schwenk et al., ECCV 2022) with direct answers. Its owners leave out questions
// whose direct answer is marked as difficult.
var aokvqa = Benchmark{
	Name: "aokvqa", About: "A-OKVQA, direct answers: questions that need knowledge and reasoning",
	Layout: "aokvqa", Task: Answers,
	Splits: []Split{{Name: "val"}, {Name: "test"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Adapt: func(i *Item) { i.Optional = i.Field("difficult_direct_answer") == "true" },
	Metrics: []Metric{{Name: "soft_accuracy", About: softAccuracy.About, Source: aokvqaEval, Each: func() func(*Item) float64 {
		return func(i *Item) float64 {
			if i.Optional {
				return math.NaN()
			}
			return metrics.SoftAccuracy(i.Prediction, i.References)
		}
	}}},
	Unit: "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "direct_answer", ByID: true, Source: "https://github.com/allenai/aokvqa"},
}

// aokvqaMC is A-OKVQA with four choices.
var aokvqaMC = Benchmark{
	Name: "aokvqa-mc", About: "A-OKVQA, multiple choice: questions that need knowledge and reasoning",
	Layout: "aokvqa", Task: Choices,
	Splits: []Split{{Name: "val", N: 1145}, {Name: "test", N: 6702}, {Name: "train", N: 17056}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 128},
	Adapt: func(i *Item) {
		if i.References = nil; i.Field("correct_choice") != "" {
			i.References = []string{i.Field("correct_choice")}
		}
	},
	Metrics:   []Metric{choiceAccuracy("the text of the right choice", "allenai/aokvqa, evaluation/eval_predictions.py", metrics.ExactChoice)},
	Protocols: []Protocol{vlmEvalKit(choiceAccuracy("a letter or a text", "vlmeval/utils/matching_util.py", metrics.VLMEvalKitChoice))},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "multiple_choice", ByID: true, Source: "https://github.com/allenai/aokvqa"},
}
