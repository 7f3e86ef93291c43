// Command taskkind prints examples of a task kind of its own, counting, in a batch of a recipe:
//
//	taskkind DATASET
//
// The same registry lets stages.ReadRecipe read recipes with the kind, and so stages train and
// evalsuite ask a trained model. See examples/command for a whole program.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strconv"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
)

// counting asks how many boxes of a label an image has: of a label drawn at random in training, and
// of each label when a model is evaluated. A kind with more to draw has a function Make.
var counting = mixture.Kind{
	Name: "counting", Prompt: "How many {label}? <extra_id_0>", Image: true, Target: true,
	Asks: func(t *mixture.Task, s *shards.Sample) (all []mixture.Ask) {
		count := map[string]int{}
		for _, box := range s.Boxes {
			count[box.Label]++
		}
		for _, label := range slices.Sorted(maps.Keys(count)) {
			all = append(all, mixture.Ask{
				ID: s.Key + "/" + label, Language: "en", Kind: t.Kind,
				Prompt: t.Fill("label", label), Truths: []string{strconv.Itoa(count[label])},
			})
		}
		return all
	},
}

// registry holds what is built in and our own kind.
func registry() *mixture.Registry {
	r := mixture.Builtin()
	r.Kinds = append(r.Kinds, counting)
	return r
}

const recipe = `
tokenizer: {model: "pali3:tokenizer.model", sentinels: 64}
images: {ops: "decode|resize(16)|value_range(-1,1)"}
lengths: {encoder: 32, decoder: 8}
batch: 4
tasks:
- {name: counting, kind: counting, weight: 1}
`

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: taskkind DATASET")
	}
	if err := run(context.Background(), os.Stdout, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, data string) error {
	r, err := mixture.ParseRecipe([]byte(recipe), "recipe", registry(), fmt.Sprintf("data=%q", data))
	if err != nil {
		return err
	}
	stream, err := mixture.Open(r, mixture.Options{})
	if err != nil {
		return err
	}
	defer stream.Close()
	batch, err := stream.Batch(ctx, 0)
	if err != nil {
		return err
	}
	for _, e := range stream.Describe(batch) {
		fmt.Fprintf(out, "%s: %s -> %s\n", e.Key, e.Prompt, e.Target)
	}
	return nil
}
