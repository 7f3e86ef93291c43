package serve_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/mixture/serve"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

func proverbs(yield func(shards.Sample, error) bool) {
	for i, text := range []string{"A rolling stone gathers no moss.", "Still waters run deep.", "Many hands make light work."} {
		s := shards.Sample{Key: fmt.Sprint(i), Split: "train", Texts: []shards.Text{{Kind: shards.Title, Language: "en", Value: text}}}
		if !yield(s, nil) {
			return
		}
	}
}

// A trainer that was killed after step 999 asks for step 1000, here as host 1 of 2.
func ExampleServer() {
	dir, err := os.MkdirTemp("", "serve")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	data := filepath.Join(dir, "data")
	if _, err := shards.Write(data, proverbs); err != nil {
		log.Fatal(err)
	}
	stream, err := mixture.Open(mixture.Recipe{
		Seed: 1, Data: data, Batch: 4,
		Tokenizer: tokenize.Config{Model: "pali3:tokenizer.model", Sentinels: 64, ModeTokens: true},
		Lengths:   mixture.Lengths{Encoder: 40, Decoder: 40},
		Tasks:     []mixture.Task{{Name: "text", Kind: "denoise", Denoisers: "ul2", Modes: true, Weight: 1}},
	}, mixture.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()

	listener, err := serve.Listen("unix:" + filepath.Join(dir, "batches"))
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- (&serve.Server{Stream: stream}).Serve(ctx, listener) }()

	client, err := serve.Dial(ctx, serve.Address(listener))
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range client.Batches(ctx, serve.Request{Step: 1000, Count: 2, Host: 1, Hosts: 2}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("step", batch.Step, "has", batch.Shape.Rows, "rows of", batch.Shape.Encoder, "ids")
	}
	client.Close()
	stop()
	fmt.Println("server:", <-served)
	// Output:
	// step 1000 has 2 rows of 40 ids
	// step 1001 has 2 rows of 40 ids
	// server: <nil>
}
