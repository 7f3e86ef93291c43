package benchmarks

import (
	"strings"

	"github.com/pali3/pali3/evalsuite/metrics"
)

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
	Splits: []Split{
		{"test", 8564, Verified, "doc-doc/NExT-QA, dataset/nextqa/test.csv, rows counted"},
		{"val", 4996, Verified, "doc-doc/NExT-QA, dataset/nextqa/val.csv, rows counted"},
		{Name: "train", N: 34132},
	},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 32},
	Metrics:   []Metric{nextqaRules.official()},
	Protocols: nextqaRules.protocols(),
	Slices:    nextqaSlices,
	Unit:      "question", Cluster: "video",
	Submission: Submission{ID: "id", Text: "prediction", ByID: true, Source: "https://github.com/doc-doc/NExT-QA"},
}

// nextqaOE is NExT-QA with open answers. The owner scores it by the similarity of words in WordNet
// (WUPS), whose tables are not ours to ship: without them equal answers are counted
// ([Benchmark.WithWordNet]).
var nextqaOE = Benchmark{
	Name: "nextqa-oe", About: "NExT-QA, open answers: why and when things happen in videos",
	Layout: "nextqa-oe", Task: Answers,
	Splits: []Split{
		{"test", 9178, Verified, "doc-doc/NExT-OE, dataset/nextqa/test.csv, rows counted"},
		{"val", 5343, Verified, "doc-doc/NExT-OE, dataset/nextqa/val.csv, rows counted"},
		{"train", 37523, Verified, "doc-doc/NExT-OE, dataset/nextqa/train.csv, rows counted"},
	},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Metrics:   []Metric{notWUPS(nextqaOERules.official())},
	Protocols: nextqaOERules.protocols(),
	Slices:    nextqaSlices,
	Unit:      "question", Cluster: "video",
	Submission: Submission{ID: "id", Text: "prediction", Nested: true, Source: "https://github.com/doc-doc/NExT-OE"},
	Published: []Published{
		{"HGA", "val", "wups", 21.48, "", Verified, "doc-doc/NExT-OE, README.md; the same of results/HGA-same-att-qns23ans7-val.json by this program"},
		{"Flamingo, 32 examples", "test", "wups", 33.5, "", Secondary, nextOEReadme},
		{"PaLI-X", "test", "wups", 38.3, "", Secondary, nextOEReadme},
	},
}

const nextOEReadme = "doc-doc/NExT-OE, README.md, table of latest results"

var nextqaOERules = textRules("exact_match",
	text(Official, "equal to a right answer, in any case", "doc-doc/NExT-OE, eval_oe.py, the rule of questions of the types DC and DB, without lemmas and stop words", rightOrWrong(metrics.SameTextAnyCase)))

func notWUPS(m Metric) Metric {
	m.Own = "published scores are WUPS, a similarity of words in WordNet, and this counts equal answers: --wordnet-data names the tables of WUPS"
	return m
}

// nextqaSlices are by type, and by its first letter: causal, temporal and descriptive questions.
var nextqaSlices = []Slice{{Name: "type", Of: nextqaType}, {Name: "group", Of: func(i *Item) string { return i.Field("type")[:min(1, len(i.Field("type")))] }}}

// nextqaType is the type of a question: the owner takes TP and TN, before and after, together
// (eval_mc.py).
func nextqaType(i *Item) string { return strings.Replace(i.Field("type"), "TP", "TN", 1) }
