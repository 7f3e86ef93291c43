// Command usemodel uses a public model, a folder as transformers' save_pretrained writes it, or a
// run of pali3, on images:
//
//	usemodel MODEL IMAGES cat dog owl    # a SigLIP: which of the words fits each image
//	usemodel MODEL IMAGES                # a PaliGemma or PaLI-3: a caption of each image
//
// It asks what the model can do and not which family it is of. To take names such as
// hf:owner/name@revision, set Registry.Download to a function that calls hub.DownloadModel.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: usemodel MODEL IMAGES [WORD ...]")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, model, pattern string, words []string) error {
	be, err := backend.Open("")
	if err != nil {
		return err
	}
	trained, err := stages.Open(be, model, nil)
	if err != nil {
		return err
	}
	found, err := evalsuite.FindImages(ctx, nil, []string{pattern}, "")
	if err != nil {
		return err
	}
	var images []shards.Image
	for _, path := range found.Paths {
		image, err := evalsuite.ReadImageFile(path)
		if err != nil {
			return err
		}
		images = append(images, image)
	}
	var said []string
	switch trained.Model.(type) {
	case family.Embedder:
		said, err = choose(be, trained, images, words)
	case family.Writer:
		said, err = caption(ctx, be, trained, images)
	default:
		err = fmt.Errorf("%s neither compares images with texts nor writes", model)
	}
	for i, text := range said {
		fmt.Fprintf(out, "%s\t%s\n", found.Paths[i], text)
	}
	return err
}

// choose returns the word that fits each image best.
func choose(be compute.Backend, trained *stages.Trained, images []shards.Image, words []string) ([]string, error) {
	embedder, err := evalsuite.NewEmbedder(be, trained)
	if err != nil {
		return nil, err
	}
	classifier, err := evalsuite.NewClassifier(embedder, words, []string{"a photo of a {}."})
	if err != nil {
		return nil, err
	}
	embeddings, err := embedder.Images(images)
	if err != nil {
		return nil, err
	}
	scores, err := classifier.Classify(embeddings)
	if err != nil {
		return nil, err
	}
	said := make([]string, len(images))
	for i := range images {
		said[i] = fmt.Sprintf("%s (%.0f%%)", scores[i][0].Label, 100*scores[i][0].Share)
	}
	return said, nil
}

// caption returns a caption of each image, to the prompt that the model was trained with.
func caption(ctx context.Context, be compute.Backend, trained *stages.Trained, images []shards.Image) ([]string, error) {
	predictor, err := evalsuite.NewPredictor(be, trained)
	if err != nil {
		return nil, err
	}
	predictor.Method.MaxLength = 16
	prompt := mixture.CaptionPrompt("en")
	if p := trained.Published; p != nil {
		task := mixture.Task{Name: "caption", Kind: "caption", Prompt: p.Prompts["caption"]}
		prompt = trained.Recipe.Mixture.Registry.AskIn(task, "", "en", "").Prompt
	}
	queries := make([]evalsuite.Query, len(images))
	for i := range images {
		queries[i] = evalsuite.Query{Images: images[i : i+1], Prompt: prompt}
	}
	return predictor.Predict(ctx, queries, nil)
}
