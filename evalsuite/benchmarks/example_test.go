package benchmarks_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/benchmarks"
)

func ExampleTable_Named() {
	dir, err := os.MkdirTemp("", "vqa")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			fmt.Println(err)
		}
		return path
	}
	files := benchmarks.Files{
		Annotations: write("annotations.json", `{"annotations": [
			{"question_id": 1, "answer_type": "number", "question_type": "how many",
			 "answers": [{"answer": "2"}, {"answer": "two"}, {"answer": "2"}, {"answer": "3"}, {"answer": "2"}]}]}`),
		Predictions: write("predictions.jsonl", `{"id": 1, "prediction": "Two."}`),
	}
	bench, err := benchmarks.Builtin().Named("vqav2")
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := bench.Score(context.Background(), files, benchmarks.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.WriteText(os.Stdout))
	// Output:
	// vqav2             metric         score      95% interval         n
	// all               vqa_accuracy  100.00  100.00 to 100.00         1
	// by answer_type
	//   number          vqa_accuracy  100.00  100.00 to 100.00         1
	// by question_type
	//   how many        vqa_accuracy  100.00  100.00 to 100.00         1
	// Not comparable with published scores: vqa_accuracy (n is 1; val has 214354, test-dev has 107394, test has 447793, train has 443757)
	// <nil>
}

// Strings can be scored without files.
func ExampleBenchmark_ScoreItems() {
	bench, _ := benchmarks.Builtin().Named("docvqa")
	result, err := bench.ScoreItems([]benchmarks.Item{{ID: "1", Prediction: "Hallo", References: []string{"hello"}}}, benchmarks.Options{})
	fmt.Println(result.Scores["anls"].Value, err)
	// Output: 0.8 <nil>
}
