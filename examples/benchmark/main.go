// Command benchmark scores predictions on a benchmark that pali3 does not have, next to those that
// it has:
//
//	benchmark NAME ANNOTATIONS PREDICTIONS
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log"
	"os"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/shards"
)

// yesNo is a benchmark of one line per question: {"id": "1", "answer": "yes", "topic": "colour"}.
var yesNo = benchmarks.Benchmark{
	Name: "yes-no", About: "questions with yes or no, accuracy by topic",
	Read: readYesNo, Task: benchmarks.YesNo,
	Metrics: []benchmarks.Metric{{
		Name: "accuracy", About: "the right word, by the rules of VQA", Source: "this file",
		Each: func() func(*benchmarks.Item) float64 {
			return func(i *benchmarks.Item) float64 { return metrics.VQAAccuracy(i.Prediction, i.References) }
		},
	}},
	Slices: []benchmarks.Slice{benchmarks.ByField("topic")},
	Unit:   "question", Cluster: "question",
}

// readYesNo yields a record for each line.
func readYesNo(_ context.Context, files benchmarks.Files) iter.Seq2[benchmarks.Record, error] {
	return func(yield func(benchmarks.Record, error) bool) {
		file, err := os.Open(files.Annotations)
		if err != nil {
			yield(benchmarks.Record{}, err)
			return
		}
		defer file.Close()
		lines := json.NewDecoder(file)
		for n := 1; ; n++ {
			var line struct{ ID, Answer, Topic string }
			err := lines.Decode(&line)
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(benchmarks.Record{}, fmt.Errorf("%s line %d: %w", files.Annotations, n, err))
				return
			}
			question := shards.Question{ID: line.ID, Answers: []shards.Answer{{Text: line.Answer}}}
			if !yield(benchmarks.Record{
				Sample: shards.Sample{Key: line.ID, Questions: []shards.Question{question}},
				Fields: []benchmarks.Field{{Question: line.ID, Name: "topic", Value: line.Topic}},
			}, nil) {
				return
			}
		}
	}
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: benchmark NAME ANNOTATIONS PREDICTIONS")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1], benchmarks.Files{Annotations: os.Args[2], Predictions: os.Args[3]}); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, name string, files benchmarks.Files) error {
	table := append(benchmarks.Builtin(), yesNo)
	bench, err := table.Named(name)
	if err != nil {
		return err
	}
	result, err := bench.Score(ctx, files, benchmarks.Options{})
	if err != nil {
		return err
	}
	return result.WriteText(out)
}
