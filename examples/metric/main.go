// Command metric scores a file of predictions by a metric of its own beside the built-in ones:
//
//	metric DATASET SPLIT PREDICTIONS
//
// The same value in [evalsuite.EvaluateOptions] scores a trained run with [evalsuite.Evaluate].
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/shards"
)

// wordRecall is the share of a reference's words that the caption has, of the best reference.
var wordRecall = evalsuite.Metric{
	Name: "caption_word_recall", Help: "words of the best reference that the caption has", Task: evalsuite.CaptionTask, Max: 1,
	Score: func(items []evalsuite.Item) ([]float64, error) {
		values := make([]float64, len(items))
		for i, item := range items {
			for _, reference := range item.References {
				values[i] = max(values[i], recall(item.Prediction, reference))
			}
		}
		return values, nil
	},
}

func recall(caption, reference string) float64 {
	have, want := strings.Fields(caption), strings.Fields(reference)
	found := 0
	for _, word := range want {
		if slices.Contains(have, word) {
			found++
		}
	}
	return float64(found) / float64(max(1, len(want)))
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: metric DATASET SPLIT PREDICTIONS")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, data, split, predictions string) error {
	d, err := shards.Open(data)
	if err != nil {
		return err
	}
	defer d.Close()
	e, err := evalsuite.ScorePredictions(ctx, d, predictions, evalsuite.EvaluateOptions{
		Split: split, Blind: true, Metrics: []evalsuite.Metric{wordRecall},
	})
	if err != nil {
		return err
	}
	for _, name := range e.MetricNames() {
		s := e.Scores[name]
		fmt.Fprintf(out, "%s %.2f (%.2f to %.2f), blind %.2f\n", name, s.Model.Value, s.Model.Lo, s.Model.Hi, s.Blind.Value)
	}
	return nil
}
