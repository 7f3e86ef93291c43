package stages

import (
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/pali3"
	"github.com/pali3/pali3/models/siglip"
	"github.com/pali3/pali3/models/t5"
	"github.com/pali3/pali3/models/weights"
)

// Loss builds the scalar loss of a batch in the graph of a training step.
type Loss func(scope *weights.Scope, in Inputs) *graph.Node

// LossByExample builds a [Loss] and each example's part of it. The examples node, [2, B], holds a
// sum and a count for each of the batch's B examples; the loss of any group of examples is the
// total of their sums divided by the total of their counts.
type LossByExample func(scope *weights.Scope, in Inputs) (loss, examples *graph.Node)

// Inputs are the nodes of a batch in the graph of a training step: B examples of N images each.
// Nodes that the batches do not have are nil.
type Inputs struct {
	// Pixels [B, N, H, W, 3], float32 in the recipe's value range.
	Pixels *graph.Node
	// Tokens [B, N·T, D] of a frozen image encoder replace Pixels where they are cached.
	Tokens *graph.Node
	// ImageMask [B, N] is 1 for images that are there and 0 for images that an example lacks.
	ImageMask *graph.Node
	// Encoder ids [B·K, Le], int32, padded with 0: K texts of each example, 1 except in contrastive
	// tasks.
	Encoder *graph.Node
	// Decoder ids [B, Ld], int32: the targets shifted right.
	Decoder *graph.Node
	// Targets [B, Ld], int32, padded with 0.
	Targets *graph.Node
	// Weights of the targets in the loss [B, Ld], float32.
	Weights *graph.Node
}

// Loss builds the model's loss.
func (n Network) Loss(s *weights.Scope, in Inputs) *graph.Node {
	loss, _ := n.LossByExample(s, in)
	return loss
}

// LossByExample builds the model's loss, and each example's part of it, as a [LossByExample].
func (n Network) LossByExample(s *weights.Scope, in Inputs) (loss, examples *graph.Node) {
	var sums, counts *graph.Node // [B]
	switch {
	case n.SigLIP != nil:
		d := in.Pixels.Shape().Dimensions // [B, 1, H, W, 3]
		images := graph.Reshape(in.Pixels, d[0], d[2], d[3], d[4])
		loss, sums, counts = siglip.LossByExample(s, *n.SigLIP, images, in.Encoder)
	case n.UL2 != nil:
		loss, sums, counts = t5.LossByExample(s, *n.UL2, t5.Inputs{
			Encoder: in.Encoder, Decoder: in.Decoder, Targets: in.Targets, Weights: in.Weights,
		})
	default:
		loss, sums, counts = pali3.LossByExample(s, *n.PaLI3, pali3.Inputs{
			Images: in.Pixels, Tokens: in.Tokens, ImageMask: in.ImageMask,
			Encoder: in.Encoder, Decoder: in.Decoder, Targets: in.Targets, Weights: in.Weights,
		})
	}
	return loss, graph.Stack([]*graph.Node{sums, counts}, 0)
}
