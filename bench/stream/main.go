// Command stream times batches of photographs with captions, to be compared with other loaders:
//
//	stream make PHOTOS DATASET          write the JPEGs of a folder, each twice, with their captions as a dataset
//	stream time DATASET MODEL OPS N     make the batches of the second half of an epoch with N goroutines
//	stream pixels PHOTOS OPS FILE       write the pixels of 256 JPEGs as float32
//
// A caption is the text file beside an image, or its name. OPS is a string of image ops. MODEL is
// a tokenizer. peer.py does the same with other libraries, and table.py alternates them.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/tokenize"
)

const (
	batch    = 32
	compared = 256 // images whose pixels are written
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "make":
		_, err := shards.Write(args[2], func(yield func(shards.Sample, error) bool) { photographs(args[1], yield) })
		return err
	case len(args) == 5 && args[0] == "time":
		return measure(args[1], args[2], args[3], args[4])
	case len(args) == 4 && args[0] == "pixels":
		return writePixels(args[1], args[2], args[3])
	}
	return errors.New("want make PHOTOS DATASET, time DATASET MODEL OPS N or pixels PHOTOS OPS FILE")
}

// photographs reads the JPEGs of a folder, in the order of their names, and then again.
func photographs(folder string, yield func(shards.Sample, error) bool) {
	names, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no .jpg in %s", folder)
	}
	if err != nil {
		yield(shards.Sample{}, err)
		return
	}
	for i, name := range slices.Concat(names, names) {
		encoded, err := os.ReadFile(name)
		caption := strings.TrimSuffix(name, ".jpg")
		if text, missing := os.ReadFile(caption + ".txt"); missing == nil {
			caption = string(text)
		} else {
			caption = filepath.Base(caption)
		}
		s := shards.Sample{
			Key: fmt.Sprintf("%06d", i), Split: "train", Images: []shards.Image{{Bytes: encoded}},
			Texts: []shards.Text{{Kind: shards.Caption, Language: "en", Value: caption}},
		}
		if !yield(s, err) {
			return
		}
	}
}

// measure makes the batches of the first epoch, in which no row of the dataset occurs twice, so
// that none comes from the stream's memory of earlier images. It prints the seconds that the
// second half of them took and the number of images: the first half fills that memory and the
// heap, as the first epoch of the peers starts their workers.
func measure(data, model, ops, threads string) error {
	workers, err := strconv.Atoi(threads)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(workers)
	set, err := shards.Open(data)
	if err != nil {
		return err
	}
	steps := set.Len() / batch
	set.Close()
	stream, err := mixture.Open(mixture.Recipe{
		Seed: 1, Data: data, Batch: batch, Images: mixture.ImageConfig{Ops: ops},
		Tokenizer: tokenize.Config{Model: model},
		Lengths:   mixture.Lengths{Encoder: 16, Decoder: 64},
		Tasks:     []mixture.Task{{Name: "caption", Kind: "caption", Prompt: "Caption: ", Weight: 1}},
	}, mixture.Options{Workers: workers})
	if err != nil {
		return err
	}
	defer stream.Close()
	began, images := time.Now(), 0
	for step := range steps {
		if step == steps/2 {
			began, images = time.Now(), 0
		}
		b, err := stream.Batch(context.Background(), step)
		if err != nil {
			return err
		}
		for _, m := range b.ImageMask {
			images += int(m)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"seconds": time.Since(began).Seconds(), "images": images})
}

// writePixels writes the pixels of the first JPEGs, one after the other.
func writePixels(folder, ops, to string) error {
	pipeline, err := augment.Parse(ops)
	if err != nil {
		return err
	}
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer file.Close()
	written := 0
	for s, err := range func(yield func(shards.Sample, error) bool) { photographs(folder, yield) } {
		if err != nil {
			return err
		}
		m, err := pipeline.Apply(s.Images[0].Bytes, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Key, err)
		}
		if err := binary.Write(file, binary.LittleEndian, m.Pix); err != nil {
			return err
		}
		if written++; written == compared {
			break
		}
	}
	return file.Close()
}
