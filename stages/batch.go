package stages

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/mixture"
)

// Inputs are the nodes of a batch in the graph of a training step, B examples of N pictures. What
// the batches do not have is nil.
type Inputs struct {
	// Pixels [B, N, H, W, 3], float32 in the recipe's value range.
	Pixels *graph.Node
	// Tokens [B, N·T, D] of a frozen image encoder stand in place of Pixels where they are cached.
	Tokens *graph.Node
	// Pictures [B, N] has 1 for pictures that are there and 0 for those that an example lacks.
	Pictures *graph.Node
	// Encoder ids [B·K, Le], int32, padded with 0: K texts of each example, 1 but for contrastive
	// tasks.
	Encoder *graph.Node
	// Decoder ids [B, Ld], int32: the targets shifted right.
	Decoder *graph.Node
	// Targets [B, Ld], int32, padded with 0.
	Targets *graph.Node
	// Weights of the targets in the loss [B, Ld], float32.
	Weights *graph.Node
}

// size describes which inputs there are; it must be the same for all batches of a run.
type size struct {
	shape         mixture.Shape
	pixels        bool
	tokens, width int // T and D of cached tokens, 0 for none
}

func sizeOf(b *mixture.Batch, c *VisualTokenCache) size {
	s := size{shape: b.Shape, pixels: b.Pixels != nil}
	if c != nil && b.Shape.Images > 0 {
		s.pixels, s.tokens, s.width = false, c.Tokens, c.TokenWidth
	}
	return s
}

// tensors returns a batch in the order of bind. Tokens are nil or those of its pictures.
func (s size) tensors(b *mixture.Batch, tokens []float32) (inputs []*tensors.Tensor) {
	rows, images := s.shape.Rows, s.shape.Images
	floats := func(values []float32, dimensions ...int) {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, dimensions...))
	}
	ids := func(values []int32, dimensions ...int) {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values, dimensions...))
	}
	if s.pixels {
		floats(b.Pixels, rows, images, s.shape.Height, s.shape.Width, 3)
	}
	if s.tokens > 0 {
		floats(tokens, rows, images*s.tokens, s.width)
	}
	if images > 0 {
		floats(b.Pictures, rows, images)
	}
	if s.shape.Encoder > 0 {
		ids(b.EncoderIDs, rows*max(s.shape.Texts, 1), s.shape.Encoder)
	}
	if s.shape.Decoder > 0 {
		ids(b.DecoderInputs, rows, s.shape.Decoder)
		ids(b.Targets, rows, s.shape.Decoder)
		floats(b.Weights, rows, s.shape.Decoder)
	}
	return inputs
}

// bind names the nodes that stand for what tensors returned, and returns the nodes that follow.
func (s size) bind(nodes []*graph.Node) (in Inputs, rest []*graph.Node) {
	next := func(present bool) *graph.Node {
		if !present {
			return nil
		}
		node := nodes[0]
		nodes = nodes[1:]
		return node
	}
	in.Pixels = next(s.pixels)
	in.Tokens = next(s.tokens > 0)
	in.Pictures = next(s.shape.Images > 0)
	in.Encoder = next(s.shape.Encoder > 0)
	in.Decoder = next(s.shape.Decoder > 0)
	in.Targets = next(s.shape.Decoder > 0)
	in.Weights = next(s.shape.Decoder > 0)
	return in, nodes
}

// check returns an error if the batch is not of this size.
func (s size) check(b *mixture.Batch, c *VisualTokenCache) error {
	if got := sizeOf(b, c); got != s {
		return fmt.Errorf("the batch of step %d has shape %+v, those before have %+v", b.Step, got.shape, s.shape)
	}
	return nil
}
