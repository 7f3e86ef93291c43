package main

import (
	"context"
	"iter"
	"os"
	"strconv"
	"strings"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/shards"
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
	Name: "species", About: "names of birds", Task: benchmarks.Answers,
	Read: func(_ context.Context, files benchmarks.Files) iter.Seq2[benchmarks.Record, error] {
		return func(yield func(benchmarks.Record, error) bool) {
			for line, text := range readLines(files.Annotations) {
				bird := shards.Question{ID: strconv.Itoa(line), Answers: []shards.Answer{{Text: text}}}
				if !yield(benchmarks.Record{Sample: shards.Sample{Key: bird.ID, Questions: []shards.Question{bird}}}, nil) {
					return
				}
			}
		}
	},
	ReadPredictions: func(_ context.Context, path string) iter.Seq2[benchmarks.Prediction, error] {
		return func(yield func(benchmarks.Prediction, error) bool) {
			for line, text := range readLines(path) {
				if !yield(benchmarks.Prediction{ID: strconv.Itoa(line), Text: text, Line: line}, nil) {
					return
				}
			}
		}
	},
	Metrics: []benchmarks.Metric{{
		Name: "accuracy", About: "the same name", Source: "this file",
		Each: func() func(*benchmarks.Item) float64 {
			return func(i *benchmarks.Item) float64 {
				if i.Prediction == i.References[0] {
					return 1
				}
				return 0
			}
		},
	}},
	Unit: "bird", Cluster: "bird",
}

// readLines yields the lines of a file with their numbers, without white space around them. A file
// that is not there has none.
func readLines(path string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		content, err := os.ReadFile(path)
		if err != nil {
			return
		}
		n := 0
		for text := range strings.Lines(string(content)) {
			if n++; !yield(n, strings.TrimSpace(text)) {
				return
			}
		}
	}
}
