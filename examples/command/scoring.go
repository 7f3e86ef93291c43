package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// namedMetric is the share of captions that name the species of a reference.
var namedMetric = evalsuite.Metric{
	Name: "caption_named", Help: "captions that name the right species", Task: evalsuite.CaptionTask, Max: 1,
	Score: func(items []evalsuite.Item) ([]float64, error) {
		scores := make([]float64, len(items))
		for i, item := range items {
			for _, reference := range item.References {
				if bird := named(reference); bird != "" && bird == named(item.Prediction) {
					scores[i] = 1
				}
			}
		}
		return scores, nil
	},
}

// speciesBenchmark compares two files that have a species a line.
var speciesBenchmark = benchmarks.Benchmark{
	Name: "species", About: "names of birds, accuracy",
	Score: func(_ context.Context, files benchmarks.Files, bootstrap metrics.Bootstrap) (*benchmarks.Result, error) {
		truth, err := readLines(files.Annotations)
		if err != nil {
			return nil, err
		}
		predicted, err := readLines(files.Predictions)
		if err != nil {
			return nil, err
		}
		if len(truth) != len(predicted) {
			return nil, fmt.Errorf("%d predictions for %d birds", len(predicted), len(truth))
		}
		scores := make([]float64, len(truth))
		for i := range truth {
			if truth[i] == predicted[i] {
				scores[i] = 1
			}
		}
		return &benchmarks.Result{Bench: "species", Scores: benchmarks.Scores{"accuracy": bootstrap.Mean(scores)}}, nil
	},
}

// readLines returns the lines of a file without white space around them.
func readLines(path string) (all []string, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		all = append(all, strings.TrimSpace(lines.Text()))
	}
	return all, lines.Err()
}
