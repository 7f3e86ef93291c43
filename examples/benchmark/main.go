// Command benchmark scores predictions on a benchmark that pali3 does not have, next to those that
// it has:
//
//	benchmark NAME ANNOTATIONS PREDICTIONS
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// yesNo is a benchmark of one line per question: {"id": "1", "answer": "yes", "topic": "colour"}.
var yesNo = benchmarks.Benchmark{
	Name: "yes-no", About: "questions with yes or no, accuracy by topic", Score: scoreYesNo,
}

type annotation struct{ ID, Answer, Topic string }

type prediction struct{ ID, Prediction string }

func scoreYesNo(_ context.Context, files benchmarks.Files, bootstrap metrics.Bootstrap) (*benchmarks.Result, error) {
	predicted := map[string]string{}
	if err := eachLine(files.Predictions, func(p prediction) { predicted[p.ID] = p.Prediction }); err != nil {
		return nil, err
	}
	var all []float64
	byTopic := map[string][]float64{}
	err := eachLine(files.Annotations, func(a annotation) {
		accuracy := metrics.VQAAccuracy(predicted[a.ID], []string{a.Answer})
		all, byTopic[a.Topic] = append(all, accuracy), append(byTopic[a.Topic], accuracy)
	})
	result := &benchmarks.Result{
		Bench: "yes-no", Scores: benchmarks.Scores{"accuracy": bootstrap.Mean(all)},
		Slices: map[string]map[string]benchmarks.Scores{"topic": {}},
	}
	for topic, values := range byTopic {
		result.Slices["topic"][topic] = benchmarks.Scores{"accuracy": bootstrap.Mean(values)}
	}
	return result, err
}

// eachLine calls do with the JSON object of every line of a file.
func eachLine[T any](path string, do func(T)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var value T
		if err := json.Unmarshal(lines.Bytes(), &value); err != nil {
			return fmt.Errorf("%s line %d: %w", path, n, err)
		}
		do(value)
	}
	return lines.Err()
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
	result, err := bench.Score(ctx, files, metrics.Bootstrap{})
	if err != nil {
		return err
	}
	return result.WriteText(out)
}
