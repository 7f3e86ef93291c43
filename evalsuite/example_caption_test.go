package evalsuite_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// A PaliGemma that transformers wrote, here a tiny one with random weights, captions images in the
// words that it was trained with: see [stages.Published].
func ExampleTrainedPredictor() {
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	trained, err := stages.Open(be, "../cli/testdata/hub/paligemma", nil)
	if err != nil {
		log.Fatal(err)
	}
	predictor, err := evalsuite.NewPredictor(be, trained)
	if err != nil {
		log.Fatal(err)
	}
	predictor.Method = decode.Method{Beams: 2, Alpha: decode.T5XAlpha, MaxLength: 5}
	image, err := evalsuite.ReadImageFile("../cli/testdata/hub/paligemma/image0.png")
	if err != nil {
		log.Fatal(err)
	}
	captions, err := predictor.Predict(context.Background(), []evalsuite.Query{{Images: []shards.Image{image}, Prompt: "caption en"}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("prompts like", trained.Published.Prompts["caption"])
	fmt.Println(len(captions), "caption")
	// Output:
	// prompts like caption {lang}
	// 1 caption
}

// The encoder of a T5, here a tiny one with random weights, embeds texts.
func ExampleTextEmbedder() {
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	trained, err := stages.Open(be, "../cli/testdata/hub/t5-encoder", nil)
	if err != nil {
		log.Fatal(err)
	}
	embedder, err := evalsuite.NewTextEmbedder(be, trained, evalsuite.MeanPool)
	if err != nil {
		log.Fatal(err)
	}
	embeddings, err := embedder.Texts([]string{"a cat", "two dogs in the snow"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(embeddings), "embeddings of width", len(embeddings[0]))
	// Output: 2 embeddings of width 16
}
