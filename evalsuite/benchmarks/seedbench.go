package benchmarks

import "strconv"

// seedbench is SEED-Bench (Li et al., CVPR 2024). Its owners rank the choices by their likelihood,
// so a prediction is the letter of the first.
var seedbench = Benchmark{
	Name: "seedbench", About: "SEED-Bench: questions about images and videos with four choices",
	Layout: "seedbench", Task: Choices,
	Splits: []Split{{Name: "all"}},
	Chat:   chatLetter,
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 16},
	Metrics:   []Metric{seedbenchRules.official()},
	Protocols: seedbenchRules.protocols(),
	Slices:    []Slice{ByField("data_type"), {Name: "question_type", Of: seedbenchType}},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "question_id", Text: "prediction", Source: "https://github.com/AILab-CVC/SEED-Bench"},
}

// seedbenchTypes are the types of questions by number, from 1 (the member question_type of
// SEED-Bench.json).
var seedbenchTypes = []string{"Scene Understanding", "Instance Identity", "Instance Attributes", "Instance Location", "Instances Counting", "Spatial Relation",
	"Instance Interaction", "Visual Reasoning", "Text Understanding", "Action Recognition", "Action Prediction", "Procedure Understanding"}

func seedbenchType(i *Item) string {
	number, err := strconv.Atoi(i.Field("question_type"))
	if err != nil || number < 1 || number > len(seedbenchTypes) {
		return i.Field("question_type")
	}
	return seedbenchTypes[number-1]
}
