package main

import (
	"context"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/decode"
	"github.com/pali3/pali3/models/family"
	"github.com/pali3/pali3/random"
)

// endID ends answers.
const endID = decode.EOS

// batch draws a batch. Of texts and targets, every second has one id less, then padding.
func (n network) batch(rows int) *mixture.Batch {
	shape := n.shape
	shape.Rows = rows
	b := mixture.NewBatch(0, shape, shape.Images > 0)
	draw := random.New(1)
	for i := range b.Pixels {
		b.Pixels[i] = float32(2*draw.Float64() - 1)
	}
	fill := func(ids []int32, length int) {
		for i := range ids {
			if ids[i] = int32(2 + draw.IntN(n.vocab-2)); i%(2*length) == 2*length-1 {
				ids[i] = 0
			}
		}
	}
	fill(b.EncoderIDs, shape.Encoder)
	fill(b.Targets, shape.Decoder)
	for i := range b.ImageMask {
		b.ImageMask[i] = 1
	}
	for row := range rows {
		first := row * shape.Decoder
		copy(b.DecoderInputs[min(first+1, len(b.DecoderInputs)):first+shape.Decoder], b.Targets[first:])
	}
	for i, id := range b.Targets {
		b.Weights[i] = float32(min(id, 1))
	}
	return b
}

// save writes a batch to a safetensors file. It leaves out what the batch does not have.
func save(path string, b *mixture.Batch) error {
	s, all := b.Shape, []safetensors.Tensor(nil)
	if s.Images > 0 {
		all = append(all, safetensors.Tensor{Name: "images", DType: safetensors.F32, Shape: []int{s.Rows, s.Height, s.Width, 3},
			Data: func() []byte { return safetensors.Float32Bytes(b.Pixels) }})
	}
	for _, x := range []struct {
		name   string
		ids    []int32
		length int
	}{{"encoder", b.EncoderIDs, s.Encoder}, {"decoder", b.DecoderInputs, s.Decoder}, {"targets", b.Targets, s.Decoder}} {
		if x.length > 0 {
			all = append(all, safetensors.Tensor{Name: x.name, DType: safetensors.I32, Shape: []int{s.Rows, x.length},
				Data: func() []byte { return safetensors.Int32Bytes(x.ids) }})
		}
	}
	return safetensors.Write(path, all, nil)
}

// inputs returns the tensors of a batch that a forward pass reads.
func inputs(b *mixture.Batch) (all []*tensors.Tensor) {
	s := b.Shape
	if s.Images > 0 {
		all = append(all, tensors.FromFlatDataAndDimensions(b.Pixels, s.Rows, 1, s.Height, s.Width, 3))
	}
	if s.Encoder > 0 {
		all = append(all, tensors.FromFlatDataAndDimensions(b.EncoderIDs, s.Rows, s.Encoder))
	}
	if s.Decoder > 0 {
		all = append(all, tensors.FromFlatDataAndDimensions(b.DecoderInputs, s.Rows, s.Decoder))
	}
	return all
}

// bind names the nodes of [inputs] and returns the nodes that follow.
func bind(s mixture.Shape, nodes []*graph.Node) (in family.Batch, rest []*graph.Node) {
	if s.Images > 0 {
		in.Pixels, nodes = nodes[0], nodes[1:]
	}
	if s.Encoder > 0 {
		in.Encoder, nodes = nodes[0], nodes[1:]
	}
	if s.Decoder > 0 {
		in.Decoder, nodes = nodes[0], nodes[1:]
	}
	return in, nodes
}

// sameBatch is a stream that gives one batch again and again.
type sameBatch struct{ batch *mixture.Batch }

func (s sameBatch) Batch(_ context.Context, step int) (*mixture.Batch, error) {
	b := *s.batch
	b.Step = step
	return &b, nil
}
