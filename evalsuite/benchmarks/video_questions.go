package benchmarks

import "strings"

// msrvttQA is MSRVTT-QA, and msvdQA MSVD-QA (Xu et al., ACM Multimedia 2017): questions that were
// generated from captions of videos.
var (
	msrvttQA = videoQuestions("msrvtt-qa", "MSRVTT-QA: questions about videos, made from captions", byKind("question_word"))
	msvdQA   = videoQuestions("msvd-qa", "MSVD-QA: questions about short videos, made from captions", byKind("question_word"))
)

// activitynetQA is ActivityNet-QA (Yu et al., AAAI 2019). Its annotations are the answers; the
// questions are a file of their own.
var activitynetQA = videoQuestions("activitynet-qa", "ActivityNet-QA: questions about long videos, by people", byKind("type"))

// videoQuestions is a benchmark of questions about videos whose score is the share of answers that
// are the same word, as big_vision scores them.
func videoQuestions(name, about string, slice Slice) Benchmark {
	return Benchmark{
		Name: name, About: about, Layout: name, Task: Answers,
		Splits: []Split{{Name: "test"}, {Name: "val"}, {Name: "train"}},
		Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
		Metrics: []Metric{videoQARules.official()}, Protocols: videoQARules.protocols(),
		Slices: []Slice{slice}, Unit: "question", Cluster: "video",
		Submission: Submission{ID: map[bool]string{true: "question_id", false: "id"}[name == "activitynet-qa"], Text: "answer"},
	}
}

// nextqa is NExT-QA (Xiao et al., CVPR 2021) with five choices. A question is named by its video
// and number, as in 4010069381_0.
var nextqa = Benchmark{
	Name: "nextqa", About: "NExT-QA, multiple choice: why and when things happen in videos",
	Layout: "nextqa", Task: Choices,
	Splits: []Split{{Name: "test"}, {Name: "val"}, {Name: "train"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{nextqaRules.official()},
	Protocols: nextqaRules.protocols(),
	Slices:    []Slice{{Name: "type", Of: nextqaType}, {Name: "group", Of: func(i *Item) string { return i.Field("type")[:min(1, len(i.Field("type")))] }}},
	Unit:      "question", Cluster: "video",
	Submission: Submission{ID: "id", Text: "prediction", ByID: true, Source: "https://github.com/doc-doc/NExT-QA"},
}

// nextqaType is the type of a question: the owner takes TP and TN, before and after, together
// (eval_mc.py).
func nextqaType(i *Item) string { return strings.Replace(i.Field("type"), "TP", "TN", 1) }
