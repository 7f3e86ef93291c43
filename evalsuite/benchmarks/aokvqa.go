package benchmarks

import "strings"

// aokvqa is A-OKVQA (Schwenk et al., ECCV 2022) with direct answers. Its owners leave out questions
// whose direct answer is marked as difficult.
var aokvqa = Benchmark{
	Name: "aokvqa", About: "A-OKVQA, direct answers: questions that need knowledge and reasoning",
	Layout: "aokvqa", Task: Answers,
	Splits: []Split{{Name: "val"}, {Name: "test"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Adapt:     func(i *Item) { i.Optional = i.Field("difficult_direct_answer") == "true" },
	Metrics:   []Metric{aokvqaRules.official()},
	Protocols: aokvqaRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "direct_answer", ByID: true, Source: "https://github.com/allenai/aokvqa"},
}

// chooseFrom stands between a question of A-OKVQA and its choices (big_vision,
// configs/proj/paligemma/transfers/aokvqa_mc.py).
const chooseFrom = " choose from: "

// aokvqaMC is A-OKVQA with four choices, which follow the question.
var aokvqaMC = Benchmark{
	Name: "aokvqa-mc", About: "A-OKVQA, multiple choice: questions that need knowledge and reasoning",
	Layout: "aokvqa-mc", Task: Choices,
	Splits: []Split{{"val", 1145, Secondary, "evalscope.readthedocs.io, v1.6.0, benchmarks/a_okvqa (HuggingFaceM4/A-OKVQA)"}, {Name: "test", N: 6702}, {Name: "train", N: 17056}},
	Chat:   "{question}\nAnswer with the text of the right choice.",
	Prompt: "answer en  {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 128}, // two spaces, as big_vision's aokvqa_mc.py
	Adapt: func(i *Item) {
		if len(i.Choices) > 0 && !strings.Contains(i.Question, chooseFrom) { // of a dataset with direct answers
			i.Question += chooseFrom + strings.Join(i.Choices, " \t ")
		}
		if i.References = nil; i.Field("correct_choice") != "" {
			i.References = []string{i.Field("correct_choice")}
		}
	},
	Metrics:   []Metric{aokvqaChoiceRules.official()},
	Protocols: aokvqaChoiceRules.protocols(),
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "multiple_choice", ByID: true, Source: "https://github.com/allenai/aokvqa"},
}

var aokvqaRules = softRules.only(func(i *Item) bool { return !i.Optional })
