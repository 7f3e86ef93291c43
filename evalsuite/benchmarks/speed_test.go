package benchmarks

import (
	"os"
	"testing"
)

// BenchmarkScore_VQAv2 reads and scores files in the owner's form that PALI3_VQA names: a folder
// with annotations.json, questions.json and predictions.json.
func BenchmarkScore_VQAv2(b *testing.B) {
	dir := os.Getenv("PALI3_VQA")
	if dir == "" {
		b.Skip("THE SPEED OF VQA V2 IS NOT MEASURED: name a folder with annotations.json, questions.json and predictions.json by PALI3_VQA")
	}
	files := Files{Annotations: dir + "/annotations.json", Questions: dir + "/questions.json", Predictions: dir + "/predictions.json"}
	for b.Loop() {
		if _, err := vqav2.Score(b.Context(), files, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
