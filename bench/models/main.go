// Command models takes training steps of a small PaLI-3, for comparison with other frameworks that
// take the same steps (jax_step.py):
//
//	models -batch 60 write FOLDER              write the first weights and the batch
//	models -batch 60 -steps 30 step BACKEND    train, and print times and losses as JSON
//
// The model has an image encoder of 4 blocks of width 128 over 16 patches, a language model of 3
// and 3 layers, 16 prompt ids, 24 target ids and a vocabulary of 2,000. AdamW trains all of it, on
// the same batch again and again.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/vit"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/stages"
)

const (
	vocabulary = 2000
	imageSize  = 64
	promptIDs  = 16
	targetIDs  = 24
	rate       = 1e-3
	decay      = 0.01
	notTimed   = 3 // steps at first
)

var model = pali3.Config{
	Vision: vit.Config{Width: 128, Depth: 4, MLP: 512, Heads: 4, Patch: 16, Image: vit.Side(imageSize)},
	Language: t5.Config{Width: 128, MLP: 256, Heads: 4, HeadDim: 32, EncoderLayers: 3, DecoderLayers: 3,
		Vocab: vocabulary, ZLoss: 1e-4},
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "models:", err)
		os.Exit(1)
	}
}

func run() error {
	rows := flag.Int("batch", 60, "examples in a batch")
	steps := flag.Int("steps", 30, "steps, of which the first 3 are not timed")
	flag.Parse()
	batch := newBatch(*rows)
	switch {
	case flag.Arg(0) == "write" && flag.NArg() == 2:
		return write(flag.Arg(1), batch)
	case flag.Arg(0) == "step" && flag.NArg() == 2 && *steps > notTimed:
		return step(flag.Arg(1), batch, *steps)
	}
	return errors.New("want write FOLDER, or step BACKEND with more than 3 steps")
}

// newBatch draws a batch. Every second example has one id less than the others, then padding.
func newBatch(rows int) *mixture.Batch {
	b := mixture.NewBatch(0, mixture.Shape{
		Rows: rows, Images: 1, Height: imageSize, Width: imageSize, Encoder: promptIDs, Decoder: targetIDs,
	}, true)
	draw := random.New(1)
	for i := range b.Pixels {
		b.Pixels[i] = float32(2*draw.Float64() - 1)
	}
	fill := func(ids []int32, length int) {
		for i := range ids {
			if ids[i] = int32(2 + draw.IntN(vocabulary-2)); i%(2*length) == 2*length-1 {
				ids[i] = 0
			}
		}
	}
	fill(b.EncoderIDs, promptIDs)
	fill(b.Targets, targetIDs)
	for row := range rows {
		b.ImageMask[row] = 1
		first := row * targetIDs
		copy(b.DecoderInputs[first+1:first+targetIDs], b.Targets[first:])
	}
	for i, id := range b.Targets {
		b.Weights[i] = float32(min(id, 1))
	}
	return b
}

// initial returns the weights before training.
func initial(be compute.Backend) (*weights.Set, error) {
	specs, err := pali3.Specs(be, model)
	if err != nil {
		return nil, err
	}
	return weights.Initial(specs, 1), nil
}

func write(folder string, b *mixture.Batch) error {
	be, err := backend.Open("go")
	if err != nil {
		return err
	}
	set, err := initial(be)
	if err != nil {
		return err
	}
	if err := set.Save(filepath.Join(folder, "weights.safetensors"), nil); err != nil {
		return err
	}
	rows := b.Shape.Rows
	ints := func(name string, ids []int32) safetensors.Tensor {
		return safetensors.Tensor{Name: name, DType: safetensors.I32, Shape: []int{rows, len(ids) / rows},
			Data: func() []byte { return safetensors.Int32Bytes(ids) }}
	}
	return safetensors.Write(filepath.Join(folder, "batch.safetensors"), []safetensors.Tensor{
		{Name: "images", DType: safetensors.F32, Shape: []int{rows, imageSize, imageSize, 3},
			Data: func() []byte { return safetensors.Float32Bytes(b.Pixels) }},
		ints("encoder", b.EncoderIDs), ints("decoder", b.DecoderInputs), ints("targets", b.Targets),
	}, nil)
}

// sameBatch is a stream that gives one batch again and again.
type sameBatch struct{ batch *mixture.Batch }

func (s sameBatch) Batch(_ context.Context, step int) (*mixture.Batch, error) {
	b := *s.batch
	b.Step = step
	return &b, nil
}

// report is what a run prints, as jax_step.py does.
type report struct {
	Milliseconds float64   `json:"ms"`     // of a step, median
	CPU          float64   `json:"cpu_ms"` // of a step on all cores, mean
	Losses       []float32 `json:"losses"` // of all steps
}

func step(name string, b *mixture.Batch, steps int) error {
	be, err := backend.Open(name)
	if err != nil {
		return err
	}
	set, err := initial(be)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "models")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	folder, err := stages.OpenFolder(dir, nil, "")
	if err != nil {
		return err
	}
	var r report
	var times []float64
	last, used := time.Now(), 0.0
	err = stages.Train(context.Background(), stages.Training{
		Backend: be, Weights: set, Stream: sameBatch{b}, Steps: steps, Folder: folder,
		Loss:      stages.Network{Model: &model}.Loss,
		Optimizer: stages.OptimizerConfig{Name: "adamw", LearningRate: rate, WeightDecay: decay},
		Progress: func(p stages.Progress) {
			now := time.Now()
			r.Losses = append(r.Losses, p.Loss)
			if p.Step == notTimed {
				used = processorTime()
			}
			if p.Step > notTimed {
				times = append(times, now.Sub(last).Seconds()*1e3)
				r.CPU = (processorTime() - used) * 1e3 / float64(len(times))
			}
			last = now
		},
	})
	if err != nil {
		return err
	}
	slices.Sort(times)
	r.Milliseconds = times[len(times)/2]
	return json.NewEncoder(os.Stdout).Encode(r)
}
