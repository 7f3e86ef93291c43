package benchmarks

import (
	"slices"

	"github.com/pali3/pali3/evalsuite/metrics"
)

// mmmu is MMMU (Yue et al., CVPR 2024): questions of college exams in 30 subjects, most with
// choices. Its owners draw a choice at random where they read none, which is wrong here.
var mmmu = Benchmark{
	Name: "mmmu", About: "MMMU: questions of college exams with choices, some open",
	Layout: "mmmu", Task: Choices,
	Splits: []Split{{Name: "validation"}, {Name: "dev"}, {Name: "test"}},
	Chat:   chatMMMU,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 64},
	Metrics:   []Metric{mmmuRules.official()},
	Protocols: mmmuRules.protocols(),
	Slices:    []Slice{{Name: "discipline", Of: mmmuDiscipline}, ByField("subject"), byKind("question_type"), ByField("difficulty")},
	Unit:      "question", Cluster: "question", ClusterOf: func(i *Item) string { return i.ID },
	Submission: Submission{ID: "id", Text: "prediction", ByID: true, Source: "https://github.com/MMMU-Benchmark/MMMU"},
}

// mmmuOpen scores an open question, which all programs without a judge score by the owners' rule.
func mmmuOpen(i *Item) float64 { return one(metrics.MMMUOpen(i.Prediction, i.References)) }

// mmmuRule is a rule for choices together with one for open questions.
func mmmuRule(choices rule, open func(*Item) float64) rule {
	of := choices.score
	choices.score = func(i *Item) float64 {
		if i.Kind == "open" {
			return open(i)
		}
		return of(i)
	}
	return choices
}

// mmmuKitOpen scores an open question as VLMEvalKit does without a judge: as one with two choices,
// the right answer and "Other Answers" (dataset/utils/multiple_choice.py, MMMU_preproc).
func mmmuKitOpen(i *Item) float64 {
	choices := []string{i.References[0], "Other Answers"}
	return i.extracted(metrics.VLMEvalKitChoice(i.Prediction, choices), func(answer string) bool { return answer == "A" })
}

// mmmuDisciplines are the disciplines with their subjects (mmmu/utils/data_utils.py,
// DOMAIN_CAT2SUB_CAT).
var mmmuDisciplines = []struct {
	name     string
	subjects []string
}{
	{"Art and Design", []string{"Art", "Art_Theory", "Design", "Music"}},
	{"Business", []string{"Accounting", "Economics", "Finance", "Manage", "Marketing"}},
	{"Science", []string{"Biology", "Chemistry", "Geography", "Math", "Physics"}},
	{"Health and Medicine", []string{"Basic_Medical_Science", "Clinical_Medicine", "Diagnostics_and_Laboratory_Medicine", "Pharmacy", "Public_Health"}},
	{"Humanities and Social Science", []string{"History", "Literature", "Sociology", "Psychology"}},
	{"Tech and Engineering", []string{"Agriculture", "Architecture_and_Engineering", "Computer_Science", "Electronics", "Energy_and_Power", "Materials", "Mechanical_Engineering"}},
}

func mmmuDiscipline(i *Item) string {
	for _, d := range mmmuDisciplines {
		if slices.Contains(d.subjects, i.Field("subject")) {
			return d.name
		}
	}
	return ""
}
