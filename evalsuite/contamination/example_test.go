package contamination_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite/contamination"
	"github.com/pali3/pali3/shards"
)

// Example looks for a benchmark of two questions in a training dataset of two rows.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	_, err = shards.Write(filepath.Join(dir, "train"), func(yield func(shards.Sample, error) bool) {
		_ = yield(shards.Sample{Key: "page-1", Texts: []shards.Text{{Kind: shards.Alt, Value: "A street in the rain"}}}, nil) &&
			yield(shards.Sample{Key: "page-2", Texts: []shards.Text{{Kind: shards.Alt, Value: "Quiz: WHICH of these two animals lives longer on average - the cat or the dog?"}}}, nil)
	})
	if err != nil {
		panic(err)
	}
	train, err := shards.Open(filepath.Join(dir, "train"))
	if err != nil {
		panic(err)
	}
	defer train.Close()

	audit, err := contamination.New(contamination.Options{})
	if err != nil {
		panic(err)
	}
	benchmark := shards.Sample{Key: "animals", Questions: []shards.Question{
		{ID: "1", Text: "Which of these two animals lives longer on average?", Answers: []shards.Answer{{Text: "cat"}}},
		{ID: "2", Text: "Which of these animals are mammals that lay eggs?", Answers: []shards.Answer{{Text: "platypus"}}},
	}}
	audit.Add(&benchmark, contamination.ItemsOf(&benchmark))
	result, err := audit.Search(context.Background(), []*shards.Dataset{train})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Counts.Contaminated, "of", result.Counts.All)
	for _, item := range result.Contaminated {
		for _, m := range item.Matches {
			fmt.Printf("question %s: %s in %s of %s: %q\n", item.ID, m.Rule, m.Where, m.Key, m.Shared)
		}
	}
	// Output:
	// 1 of 2
	// question 1: gpt3 in texts[0] of page-2: "which of these two animals lives longer on average"
}
