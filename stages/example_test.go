package stages_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/recipes"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/stages"
)

// This example reads a shipped recipe with other values for some of its keys.
func ExampleParseRecipe() {
	content, err := recipes.Read("quickstart-stage1")
	if err != nil {
		log.Fatal(err)
	}
	recipe, err := stages.ParseRecipe(content, "quickstart-stage1", nil, "steps=20", "data=mine")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(recipe.Family, recipe.Steps, recipe.Mixture.Data, "freezes", recipe.Freeze)
	for _, init := range recipe.Init {
		fmt.Println("takes", init.Prefixes, "of", init.From)
	}
	_, err = stages.ParseRecipe(content, "quickstart-stage1", nil, "freze=[]")
	fmt.Println(err != nil)
	// Output:
	// pali3 20 mine freezes [vision_model]
	// takes [vision_model] of siglip
	// takes [shared encoder decoder lm_head] of ul2
	// true
}

// PaLI's schedule is a linear warm-up followed by the inverse square root of the step.
func ExampleSchedule_At() {
	s := stages.Schedule{Kind: "rsqrt", WarmUp: 1000, Timescale: 1000}
	for _, step := range []int{0, 500, 1000, 4000, 16000} {
		fmt.Printf("%.3f ", s.At(step, 100_000))
	}
	// Output: 0.000 0.500 1.000 0.500 0.250
}

// textRecipe trains a small language model on text alone.
const textRecipe = `
stage: ul2
seed: 3
tokenizer: {model: ../tokenize/sentencepiece/testdata/nmt_nfkc.model, sentinels: 64}
lengths: {encoder: 16, decoder: 16}
batch: 4
tasks: [{name: text, kind: denoise, denoisers: t5, weight: 1}]
model:
  language: {width: 16, mlp: 24, heads: 2, head_dim: 8, encoder_layers: 1, decoder_layers: 1}
steps: 6
optimizer: {name: adafactor_t5x, learning_rate: 0.02}
`

// A run trains into a folder. The same call again finds the run finished.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "stages")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data, run := filepath.Join(dir, "data"), filepath.Join(dir, "run")
	if _, err := shards.Write(data, func(yield func(shards.Sample, error) bool) {
		yield(shards.Sample{Key: "1", Split: "train", Texts: []shards.Text{{Kind: shards.Title, Value: "All that glitters is not gold."}}}, nil)
	}); err != nil {
		log.Fatal(err)
	}
	recipe, err := stages.ParseRecipe([]byte(textRecipe), "example", nil, "data="+data)
	if err != nil {
		log.Fatal(err)
	}
	be, err := backend.Open("")
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		result, err := stages.Run(context.Background(), recipe, run, stages.Options{Backend: be})
		fmt.Println(result.Steps, "steps,", result.Resumed, "of them found;", stages.Finished(run), err)
	}
	// Output:
	// 6 steps, 0 of them found; true <nil>
	// 6 steps, 6 of them found; true <nil>
}
