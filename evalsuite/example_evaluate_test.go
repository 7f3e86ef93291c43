package evalsuite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// The predictions of any model are scored on a dataset beside the best constant caption.
func ExampleScorePredictions() {
	dir, err := os.MkdirTemp("", "evalsuite")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data, predictions := filepath.Join(dir, "data"), filepath.Join(dir, "mine.jsonl")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		for _, s := range [][2]string{{"cat", "a cat on a mat"}, {"dog", "a dog in the garden"}} {
			yield(shards.Sample{
				Key: s[0], Split: "test", Images: []shards.Image{onePixel},
				Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: s[1]}},
			}, nil)
		}
	}); err != nil {
		log.Fatal(err)
	}
	if err := evalsuite.WritePredictions(predictions, []evalsuite.Prediction{{ID: "cat/en", Prediction: "a cat on a mat"}}); err != nil {
		log.Fatal(err)
	}
	d, err := shards.Open(data)
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	e, err := evalsuite.ScorePredictions(context.Background(), d, predictions, evalsuite.EvaluateOptions{Split: "test", Blind: true})
	if err != nil {
		log.Fatal(err)
	}
	exact := e.Scores["caption_exact"]
	fmt.Printf("%.1f exact of %d, %d missing; the best constant caption has %.1f\n", exact.Model.Value, exact.Model.N, e.Predictions.Missing.Count, exact.Blind.Value)
	// Output: 0.5 exact of 2, 1 missing; the best constant caption has 0.5
}

// A trained run is scored in a few lines; the same again reads back its predictions.
func ExampleEvaluate() {
	score := func(be compute.Backend, run string, d *shards.Dataset) error {
		trained, err := stages.Open(be, run, nil)
		if err != nil {
			return err
		}
		e, err := evalsuite.Evaluate(context.Background(), be, trained, d, evalsuite.EvaluateOptions{
			Split: "val", Blind: true, Dir: filepath.Join(run, evalsuite.PredictionsFolder),
		})
		if err != nil {
			return err
		}
		for _, metric := range e.MetricNames() {
			s := e.Scores[metric]
			fmt.Println(metric, s.Model.Value, "blind", s.Blind.Value)
		}
		_, err = e.Write(run)
		return err
	}
	_ = score
}

// onePixel is a GIF of one pixel.
var onePixel = shards.Image{Bytes: []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")}
