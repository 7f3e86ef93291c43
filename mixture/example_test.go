package mixture_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

const exampleTokenizer = "../tokenize/sentencepiece/testdata/nmt_nfkc.model"

func proverbs(yield func(shards.Sample, error) bool) {
	for i, text := range []string{
		"A rolling stone gathers no moss, but it gets a certain polish.", "Still waters run deep.", "Many hands make light work.",
	} {
		s := shards.Sample{Key: fmt.Sprint(i), Split: "train", Texts: []shards.Text{{Kind: shards.Title, Language: "en", Value: text}}}
		if !yield(s, nil) {
			return
		}
	}
}

// A recipe is a plain value. Its stream gives the batch of any step, at once.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "mixture")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if _, err := shards.Write(data, proverbs); err != nil {
		log.Fatal(err)
	}
	stream, err := mixture.Open(mixture.Recipe{
		Seed: 1, Data: data, Batch: 2,
		Tokenizer: tokenize.Config{Model: exampleTokenizer, Sentinels: 64, ModeTokens: true},
		Lengths:   mixture.Lengths{Encoder: 40, Decoder: 40},
		Tasks:     []mixture.Task{{Name: "text", Kind: "denoise", Denoisers: "ul2", Modes: true, Weight: 1}},
	}, mixture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	batch, err := stream.Batch(context.Background(), 1000)
	if err != nil {
		log.Fatal(err)
	}
	again, err := stream.Batch(context.Background(), 1000)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(batch.Shape.Rows, "rows; the same again:", batch.Digest() == again.Digest())
	for _, e := range stream.Describe(batch) {
		fmt.Printf("%s\n  %s\n", e.Prompt, e.Target)
	}
	// Output:
	// 2 rows; the same again: true
	// [NLG] Still <extra_id_0> ters ru <extra_id_1>
	//   <extra_id_0> wa <extra_id_1> n deep.
	// [S2S] Still waters run dee
	//   p.
}
