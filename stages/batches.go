package stages

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/block"
	"github.com/pali3/pali3/models/family"
)

// Stream returns the batch of a step, counted from 0. The batch is a function of the step, so that
// a run can resume at any step. The caller keeps the batch.
type Stream interface {
	Batch(ctx context.Context, step int) (*mixture.Batch, error)
}

// size describes the inputs of a batch. It must be the same for all batches of a run, but for the
// length of images in patches.
type size struct {
	shape         mixture.Shape
	pixels        bool
	tokens, width int  // T and D of cached tokens, 0 for none
	unpads        bool // whether the loss leaves out padding
}

func sizeOf(b *mixture.Batch, c *VisualTokenCache) size {
	s := size{shape: b.Shape, pixels: b.Pixels != nil}
	s.shape.Sequence.Length = 0 // it may differ from batch to batch
	if c != nil && b.Shape.Images > 0 {
		s.pixels, s.tokens, s.width = false, c.Tokens, c.TokenWidth
	}
	return s
}

// tensors returns the tensors of a batch in the order of bind. Tokens are those of its images, or
// nil.
func (s size) tensors(b *mixture.Batch, tokens []float32) (inputs []*tensors.Tensor) {
	rows, images := s.shape.Rows, s.shape.Images
	floats := func(values []float32, dimensions ...int) {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, dimensions...))
	}
	ids := func(values []int32, dimensions ...int) {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, dimensions...))
	}
	if patch := s.shape.Sequence.Patch; s.pixels && patch > 0 {
		floats(b.Pixels, rows, images, b.Shape.Sequence.Length, patch*patch*3)
		ids(b.Grids, rows, images, 2)
	} else if s.pixels {
		floats(b.Pixels, rows, images, s.shape.Height, s.shape.Width, 3)
	}
	if s.tokens > 0 {
		floats(tokens, rows, images*s.tokens, s.width)
	}
	if images > 0 {
		floats(b.ImageMask, rows, images)
	}
	if s.shape.Encoder > 0 {
		ids(b.EncoderIDs, rows*max(s.shape.Texts, 1), s.shape.Encoder)
	}
	if s.shape.Decoder > 0 {
		ids(b.DecoderInputs, rows, s.shape.Decoder)
		ids(b.Targets, rows, s.shape.Decoder)
		floats(b.Weights, rows, s.shape.Decoder)
	}
	if s.shape.Segments > 0 {
		ids(b.Segments.Encoder, rows, s.shape.Encoder)
		ids(b.Segments.Decoder, rows, s.shape.Decoder)
		if images > 0 {
			ids(b.Segments.Images, rows, images)
		}
	}
	if s.unpads {
		inputs = append(inputs, unpaddedTensors(realPrompts(b), rows)...)
		inputs = append(inputs, unpaddedTensors(realTargets(b), rows)...)
	}
	return inputs
}

// bind names the nodes of the inputs, in the order of tensors, and returns the nodes that follow.
func (s size) bind(nodes []*graph.Node) (in family.Batch, rest []*graph.Node) {
	next := func(present bool) *graph.Node {
		if !present {
			return nil
		}
		node := nodes[0]
		nodes = nodes[1:]
		return node
	}
	patches := s.pixels && s.shape.Sequence.Patch > 0
	in.Pixels = next(s.pixels && !patches)
	in.Patches, in.Grids = next(patches), next(patches)
	in.Tokens = next(s.tokens > 0)
	in.ImageMask = next(s.shape.Images > 0)
	in.Encoder = next(s.shape.Encoder > 0)
	in.Decoder = next(s.shape.Decoder > 0)
	in.Targets = next(s.shape.Decoder > 0)
	in.Weights = next(s.shape.Decoder > 0)
	if s.shape.Segments > 0 {
		in.Segments = &block.Segments{PerRow: s.shape.Segments, Encoder: next(true), Decoder: next(true), Images: next(s.shape.Images > 0)}
	}
	if s.unpads {
		in.EncoderRows = bindUnpadded(next(true), next(true))
		in.DecoderRows = bindUnpadded(next(true), next(true))
	}
	return in, nodes
}

// check returns an error if a batch does not have this size.
func (s size) check(b *mixture.Batch, c *VisualTokenCache) error {
	got := sizeOf(b, c)
	got.unpads = s.unpads
	if got != s {
		return fmt.Errorf("the batch of step %d has shape %+v, the batches before it %+v", b.Step, got.shape, s.shape)
	}
	return nil
}

// inputs returns the tensors of a batch, which must have this size.
func (s size) inputs(ctx context.Context, batch *mixture.Batch, c *VisualTokenCache) ([]*tensors.Tensor, error) {
	if err := s.check(batch, c); err != nil {
		return nil, err
	}
	if s.tokens == 0 {
		return s.tensors(batch, nil), nil
	}
	tokens, err := c.ofBatch(ctx, batch)
	if err != nil {
		return nil, err
	}
	return s.tensors(batch, tokens), nil
}
