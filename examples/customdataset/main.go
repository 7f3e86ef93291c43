// Command customdataset makes a dataset from an iterator, trains a small PaLI-3 to caption its
// images, and scores its captions of held-out images.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

//go:embed recipe.yaml tokenizer.model
var files embed.FS

func main() {
	score, err := run(context.Background(), "customdataset-run/data", "customdataset-run/model")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.0f%% of %d captions are right\n", 100*score.Value, score.N)
}

func run(ctx context.Context, data, model string) (metrics.Score, error) {
	_, writing := shards.Write(data, samples(1000)) // an iterator, see samples.go
	text, reading := files.ReadFile("recipe.yaml")
	recipe, parsing := stages.ParseRecipe(text, "recipe.yaml", &stages.Registry{Data: &mixture.Registry{Tokenizers: files}}, "data="+data)
	be, opening := backend.Open("")
	if err := errors.Join(writing, reading, parsing, opening); err != nil {
		return metrics.Score{}, err
	}
	if _, err := stages.Run(ctx, recipe, model, stages.Options{Backend: be}); err != nil {
		return metrics.Score{}, err
	}
	trained, err := stages.Open(be, model, nil)
	if err != nil {
		return metrics.Score{}, err
	}
	predictor, err := evalsuite.NewPredictor(be, trained)
	if err != nil {
		return metrics.Score{}, err
	}
	held, err := evalsuite.ReadSamples(data, "held_out")
	if err != nil {
		return metrics.Score{}, err
	}
	queries, items := evalsuite.Captions(held)
	if err := evalsuite.Ask(ctx, predictor, queries, items); err != nil {
		return metrics.Score{}, err
	}
	exact, _, err := evalsuite.ScoreCaptions(items, metrics.Bootstrap{})
	return exact, err
}
