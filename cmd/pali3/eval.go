package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
)

// evalCommand scores a file of predictions, of any model, on a benchmark.
type evalCommand struct {
	Bench       string `required:"" help:"Benchmark: ${benchmarks}."`
	Annotations string `required:"" help:"The benchmark's annotations."`
	Questions   string `type:"existingfile" help:"The benchmark's questions, where they have a file of their own; checked against the annotations."`
	Predictions string `required:"" help:"Predictions as the benchmark's server takes them, or JSON lines of id and prediction."`
	Resamples   int    `default:"1000" help:"Bootstrap resamples for the intervals."`
	Seed        uint64 `default:"0" help:"Seed of the resamples."`
	JSON        bool   `help:"Print one JSON object."`
}

func (c evalCommand) Run(ctx context.Context) error {
	bench, err := benchmarks.Named(c.Bench)
	if err != nil {
		return err
	}
	if c.Resamples < 1 {
		return fmt.Errorf("--resamples must be 1 or more, not %d", c.Resamples)
	}
	result, err := bench.Score(ctx,
		benchmarks.Files{Annotations: c.Annotations, Questions: c.Questions, Predictions: c.Predictions},
		metrics.Bootstrap{Resamples: c.Resamples, Seed: c.Seed})
	if err != nil {
		return fmt.Errorf("scoring %s: %w", c.Bench, err)
	}
	if c.JSON {
		return printJSON(result)
	}
	return result.WriteText(os.Stdout)
}

// benchmarkNames lists the benchmarks for the help.
func benchmarkNames() string {
	var names []string
	for _, b := range benchmarks.All() {
		names = append(names, b.Name)
	}
	return strings.Join(names, ", ")
}
