// Command detection times the scoring of boxes and masks on the data that peers.py makes.
//
//	go run ./bench/detection FOLDER [--masks] [--resamples N]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/pali3/pali3/evalsuite/benchmarks"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/evalsuite/metrics/detection"
)

func main() {
	masks := flag.Bool("masks", false, "score masks")
	resamples := flag.Int("resamples", 1, "for the intervals")
	flag.Parse()
	if err := run(flag.Arg(0), *masks, *resamples); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string, masks bool, resamples int) error {
	bench, err := benchmarks.Builtin().Named("coco-instances")
	if err != nil {
		return err
	}
	files := benchmarks.Files{Annotations: filepath.Join(folder, "instances.json"), Predictions: filepath.Join(folder, "results.json")}
	prefix := ""
	if masks {
		files.Predictions, prefix = filepath.Join(folder, "masks.json"), "mask_"
	}
	start := time.Now()
	result, err := bench.Score(context.Background(), files, benchmarks.Options{Bootstrap: metrics.Bootstrap{Resamples: resamples}})
	if err != nil {
		return err
	}
	took := time.Since(start)
	var scores []float64
	for _, name := range detection.COCO.Names() {
		scores = append(scores, result.Scores[prefix+name].Value)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"peer": "pali3", "threads": runtime.GOMAXPROCS(0), "masks": masks, "resamples": resamples, "all": took.Seconds(), "scores": scores,
	})
}
