package evalsuite_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// contrastiveRecipe is the smallest SigLIP.
const contrastiveRecipe = `
family: siglip
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model}
images: {ops: "decode|resize(8)|value_range(-1,1)"}
lengths: {encoder: 8}
batch: 1
tasks: [{name: names, kind: contrastive, weight: 1}]
model:
  image: {width: 12, depth: 1, mlp: 24, heads: 2, patch: 4}
  text: {width: 12, depth: 1, mlp: 24, heads: 2}
steps: 1
optimizer: {name: adamw, learning_rate: 0.01}
`

// A model that compares images with texts embeds both, scores pairs and names images. The folder of
// a published SigLIP is used in the same way.
func ExampleEmbedder() {
	dir, err := os.MkdirTemp("", "evalsuite")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data, run := filepath.Join(dir, "data"), filepath.Join(dir, "run")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{
			Key: "cat", Split: "train", Images: []shards.Image{onePixel},
			Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: "a cat"}},
		}, nil)
	}); err != nil {
		log.Fatal(err)
	}
	recipe, err := stages.ParseRecipe([]byte(contrastiveRecipe), "example", nil, "data="+data)
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
	model, err := evalsuite.NewEmbedder(be, trained)
	if err != nil {
		log.Fatal(err)
	}
	images, err := model.Images([]shards.Image{onePixel})
	if err != nil {
		log.Fatal(err)
	}
	texts, err := model.Texts([]string{"a cat", "a dog"})
	if err != nil {
		log.Fatal(err)
	}
	logits, err := model.Logits(images, texts)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("embeddings of width", len(images[0]), "and", len(logits[0]), "scores of the image")

	classifier, err := evalsuite.NewClassifier(model, []string{"cat", "dog", "owl"}, []string{"a photo of a {}."})
	if err != nil {
		log.Fatal(err)
	}
	scores, err := classifier.Classify(images)
	if err != nil {
		log.Fatal(err)
	}
	total := 0.0
	for _, label := range scores[0] {
		total += label.Share
	}
	fmt.Printf("%d labels share %.2f\n", len(scores[0]), total)
	// Output:
	// embeddings of width 12 and 2 scores of the image
	// 3 labels share 1.00
}
