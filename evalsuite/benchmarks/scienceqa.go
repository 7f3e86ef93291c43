package benchmarks

import (
	"strconv"
	"strings"
)

// scienceqa is ScienceQA (Lu et al., NeurIPS 2022), problems.json. Its owners draw a choice at
// random where they read none, which is wrong here and counted. Many of its questions have no
// image.
var scienceqa = Benchmark{
	Name: "scienceqa", About: "ScienceQA: questions of school science, with choices",
	Layout: "scienceqa", Task: Choices,
	Splits: []Split{
		{"test", 4241, Verified, "lupantech/ScienceQA, README.md"},
		{"val", 4241, Secondary, "Hugging Face, lmms-lab/ScienceQA"},
		{"train", 12726, Secondary, "Hugging Face, lmms-lab/ScienceQA"},
	},
	Chat:   "{context}{question}\n{choices}\nAnswer in this form: The answer is A.",
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 512},
	Metrics:   []Metric{scienceqaRules.official()},
	Protocols: scienceqaRules.protocols(),
	Slices:    []Slice{ByField("subject"), ByField("grade"), ByField("topic"), {Name: "context", Many: scienceqaContext}, {Name: "grades", Of: scienceqaGrades}},
	Unit:      "question", Cluster: "question",
	Submission: Submission{ID: "id", Text: "prediction", Source: "https://scienceqa.github.io"},
}

// scienceqaContext and scienceqaGrades are the groups of the owner's evaluate_acc.py: a question
// can have an image, a text (its hint) or both.
func scienceqaContext(i *Item) (groups []string) {
	if i.Field("hint") != "" {
		groups = append(groups, "text")
	}
	if i.Field("image") != "" {
		groups = append(groups, "image")
	}
	if len(groups) == 0 {
		return []string{"none"}
	}
	return groups
}

func scienceqaGrades(i *Item) string {
	grade, err := strconv.Atoi(strings.TrimPrefix(i.Field("grade"), "grade"))
	switch {
	case err != nil:
		return ""
	case grade <= 6:
		return "grade 1 to 6"
	}
	return "grade 7 to 12"
}
