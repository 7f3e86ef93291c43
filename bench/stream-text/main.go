// Command stream-text makes UL2 examples of text, as fast as it can, for a comparison with seqio:
//
//	stream-text make TEXTS DATASET          a dataset with a sample for each text
//	stream-text time DATASET MODEL BATCHES WORKERS
//	                                        print seconds and ids of N batches as JSON
//
// TEXTS are strings, each preceded by its length as a little-endian uint32. MODEL is a
// SentencePiece model. A batch is 64 examples of 512 ids for the encoder and 512 for the decoder,
// by UL2's seven denoisers, uniformly, without mode tokens.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stream-text:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "make":
		return makeDataset(args[1], args[2])
	case len(args) == 5 && args[0] == "time":
		batches, err := strconv.Atoi(args[3])
		workers, err2 := strconv.Atoi(args[4])
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		return timing(args[1], args[2], batches, workers)
	}
	return errors.New("want make TEXTS DATASET, or time DATASET MODEL BATCHES WORKERS")
}

// makeDataset writes a sample for each text of a file.
func makeDataset(texts, dataset string) error {
	content, err := os.ReadFile(texts)
	if err != nil {
		return err
	}
	_, err = shards.Write(dataset, func(yield func(shards.Sample, error) bool) {
		for n := 0; len(content) >= 4; n++ {
			size := int(binary.LittleEndian.Uint32(content))
			if len(content)-4 < size {
				yield(shards.Sample{}, fmt.Errorf("%s ends within text %d", texts, n))
				return
			}
			text := shards.Text{Kind: shards.Alt, Language: "en", Value: string(content[4 : 4+size])}
			content = content[4+size:]
			if !yield(shards.Sample{Key: fmt.Sprintf("%08d", n), Split: "train", Texts: []shards.Text{text}}, nil) {
				return
			}
		}
	})
	return err
}

// timing opens the stream, makes two batches, and times those that follow.
func timing(dataset, model string, batches, workers int) error {
	stream, err := mixture.Open(mixture.Recipe{
		Seed: 1, Data: dataset, Batch: 64,
		Tokenizer: tokenize.Config{Model: model, Sentinels: 300},
		Lengths:   mixture.Lengths{Encoder: 512, Decoder: 512},
		Tasks:     []mixture.Task{{Name: "text", Kind: "denoise", Denoisers: "ul2-paper", Weight: 1}},
	}, mixture.Options{Workers: workers})
	if err != nil {
		return err
	}
	defer stream.Close()
	const warm = 2
	var start time.Time
	ids := 0
	for step := range warm + batches {
		if step == warm {
			start, ids = time.Now(), 0
		}
		b, err := stream.Batch(context.Background(), step)
		if err != nil {
			return err
		}
		for _, row := range [][]int32{b.EncoderIDs, b.Targets} {
			for _, id := range row {
				if id != 0 {
					ids++
				}
			}
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"seconds": time.Since(start).Seconds(), "examples": 64 * batches, "ids": ids, "truncated": stream.Truncated(),
	})
}
