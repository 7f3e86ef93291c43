package evalsuite_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/metrics"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// parrot is a predictor that gives the same answer to every query.
type parrot string

func (p parrot) Predict(_ context.Context, queries []evalsuite.Query, _ func(done, total int)) ([]string, error) {
	answers := make([]string, len(queries))
	for i := range answers {
		answers[i] = string(p)
	}
	return answers, nil
}

// Any model that answers can be scored.
func ExampleAsk() {
	samples := []shards.Sample{
		{Key: "1", Questions: []shards.Question{{ID: "1", Text: "Is it a cat?", Answers: []shards.Answer{{Text: "yes"}}}}},
		{Key: "2", Questions: []shards.Question{{ID: "2", Text: "Is it a dog?", Answers: []shards.Answer{{Text: "no"}}}}},
	}
	queries, items := evalsuite.Questions(samples)
	if err := evalsuite.Ask(context.Background(), parrot("Yes."), queries, items); err != nil {
		log.Fatal(err)
	}
	score := evalsuite.ScoreAnswers(items, metrics.Bootstrap{})
	fmt.Printf("%.2f of %d answers are right\n", score.Value, score.N)
	// Output: 0.50 of 2 answers are right
}

// exampleRecipe is the smallest PaLI-3.
const exampleRecipe = `
stage: pali3
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 20, decoder: 12}
batch: 2
tasks: [{name: caption, kind: caption, weight: 1}]
model:
  image: {width: 8, depth: 1, mlp: 8, heads: 1, patch: 8}
  language: {width: 16, mlp: 16, heads: 1, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 80
optimizer: {name: adamw, learning_rate: 0.02}
`

// A model learns the caption of a single image and is then asked for it.
func ExampleNewPredictor() {
	dir, err := os.MkdirTemp("", "evalsuite")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		log.Fatal(err)
	}
	data, run := filepath.Join(dir, "data"), filepath.Join(dir, "run")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{
			Key: "night", Split: "train", Images: []shards.Image{{Bytes: encoded.Bytes()}},
			Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "night sky"}},
		}, nil)
	}); err != nil {
		log.Fatal(err)
	}
	recipe, err := stages.ParseRecipe([]byte(exampleRecipe), "example", nil, "data="+data)
	if err != nil {
		log.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := stages.Run(context.Background(), recipe, run, stages.Options{Backend: be}); err != nil {
		log.Fatal(err)
	}
	trained, err := stages.Open(be, run, nil)
	if err != nil {
		log.Fatal(err)
	}
	model, err := evalsuite.NewPredictor(be, trained)
	if err != nil {
		log.Fatal(err)
	}
	samples, err := evalsuite.ReadSamples(data, "train")
	if err != nil {
		log.Fatal(err)
	}
	queries, items := evalsuite.Captions(samples)
	if err := evalsuite.Ask(context.Background(), model, queries, items); err != nil {
		log.Fatal(err)
	}
	fmt.Println(items[0].ID, items[0].Prediction)
	// Output: night/en night sky
}
