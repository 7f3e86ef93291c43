package benchmarks

import "github.com/pali3/pali3/evalsuite/metrics"

// ocrbench is OCRBench (Liu et al., 2023): 1,000 questions about text in images. Its score is the
// number of right answers. A question of OCRBench.json is named by its dataset and id, as in
// IIIT5K-2843.
var ocrbench = Benchmark{
	Name: "ocrbench", About: "OCRBench: questions about text in images; the score is 1,000 times the accuracy",
	Layout: "ocrbench", Task: Answers,
	Splits: []Split{{Name: "test", N: 1000, Confidence: Verified, Source: "Yuliang-Liu/MultimodalOCR, OCRBench/OCRBench/OCRBench.json"}},
	Prompt: "answer en {question}\n", Ops: resized, Decoding: Decoding{Beams: 1, MaxTokens: 128},
	Metrics:   []Metric{ocrbenchRules.official()},
	Protocols: ocrbenchRules.protocols(),
	Slices:    []Slice{byKind("type"), ByField("dataset")},
	Unit:      "question", Cluster: "image",
	Submission: Submission{ID: "id", Text: "predict"},
}

// isFormula reports whether a question asks for a handwritten formula.
func isFormula(i *Item) bool {
	return i.Field("dataset") == "HME100k" || i.Kind == "Handwritten Mathematical Expression Recognition"
}

// ocrbenchRule is a rule for texts together with that for formulas.
func ocrbenchRule(texts func(string, []string) bool) func(*Item) float64 {
	return func(i *Item) float64 {
		if isFormula(i) {
			return one(metrics.OCRBenchFormulaCorrect(i.Prediction, i.References))
		}
		return one(texts(i.Prediction, i.References))
	}
}
