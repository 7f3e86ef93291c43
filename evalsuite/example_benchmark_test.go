package evalsuite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/shards"
)

// Any predictor answers a benchmark, here parrot("yes"). A second call with the same folder asks
// nothing, and only scores.
func ExampleRunBenchmark() {
	dir, err := os.MkdirTemp("", "benchmark")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data") // as pali3 ingest benchmark easyvqa makes it
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{Key: "0.png", Split: "test", Questions: []shards.Question{
			{ID: "0", Text: "is it a circle?", Answers: []shards.Answer{{Text: "yes"}}},
			{ID: "1", Text: "is it red?", Answers: []shards.Answer{{Text: "no"}}},
		}}, nil)
	}); err != nil {
		log.Fatal(err)
	}
	d, err := shards.Open(data)
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	bench, err := benchmarks.Builtin().Named("easyvqa")
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		run, err := evalsuite.RunBenchmark(context.Background(), parrot("yes"), d, &bench, evalsuite.BenchmarkOptions{
			Out: filepath.Join(dir, "out"), Identity: map[string]string{"name": "parrot"},
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("asked %d, found %d: %.2f\n", run.Asked, run.Found, run.Result.Scores["exact_match"].Value)
	}
	// Output:
	// asked 2, found 0: 0.50
	// asked 0, found 2: 0.50
}
