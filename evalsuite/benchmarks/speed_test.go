package benchmarks

import (
	"os"
	"testing"
	"time"
)

// TestSpeed_OfficialSize times files of the official size that PALI3_VQA names, a folder with
// annotations.json, questions.json and predictions.json.
func TestSpeed_OfficialSize(t *testing.T) {
	dir := os.Getenv("PALI3_VQA")
	if dir == "" {
		t.Skip("PALI3_VQA names no folder with VQA v2's files")
	}
	files := Files{Annotations: dir + "/annotations.json", Questions: dir + "/questions.json", Predictions: dir + "/predictions.json"}
	for range 3 {
		begin := time.Now()
		n := 0
		for _, err := range vqav2.records(t.Context(), files) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		parsed := time.Since(begin)
		begin = time.Now()
		result, err := vqav2.Score(t.Context(), files, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d records: annotations and questions alone %v; parsed and scored %v: %.6f", n, parsed, time.Since(begin), result.Scores["vqa_accuracy"].Value)
	}
}
