package family

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/pali3/pali3/models/block"
)

// Data is what a model must fit: the shape of its batches and the size of its vocabulary.
type Data struct {
	// Images of an example, 0 for text alone.
	Images int
	// Height and Width of an image in pixels. 0 for images that keep their aspect.
	Height, Width int
	// Patch is the side of a patch in pixels, if images keep their aspect and come as at most
	// Patches patches: see [PatchEmbedder]. 0 for images of Height by Width.
	Patch, Patches int
	// Encoder is the length of prompts or of texts to compare, in ids.
	Encoder int
	// Vocabulary is the number of token ids.
	Vocabulary int
}

// Problem is a size that does not fit the data.
type Problem struct {
	// Key of the recipe, such as "model.text.vocab".
	Key string
	// Text says what is wrong and what to do.
	Text string
}

// Invalid returns the problem of a part of a config, which is at a key of a recipe, or none.
func Invalid(key string, err error) []Problem {
	if err == nil {
		return nil
	}
	return []Problem{{key, fmt.Sprintf("%s: %v", key, err)}}
}

// Batch holds the nodes of B examples of N images each. Nodes that the data does not have are nil.
type Batch struct {
	// Pixels [B, N, H, W, 3], float32 in the recipe's value range.
	Pixels *graph.Node
	// Patches [B, N, T, p·p·3] of images that keep their aspect replace Pixels, with Grids
	// [B, N, 2], int32, their rows and columns of patches. An image has its patches row by row, and
	// then zeros up to T.
	Patches, Grids *graph.Node
	// Tokens [B, N·T, D] of a frozen image encoder replace Pixels where they are cached. Those of a
	// [LockedEmbedder] are embeddings, one per image.
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
	// EncoderRows and DecoderRows lay out encoder ids, and decoder ids with their targets, without
	// padding. They are nil for models that are no [Unpadder] and for batches with little padding.
	EncoderRows, DecoderRows *block.Unpadded
	// Segments say which example each position belongs to, if a row holds several: see [Packer]. An
	// example with images then has as many places for them as an unpacked one, which ImageMask
	// tells apart. Nil if a row is an example.
	Segments *block.Segments
}

// Loss is the loss of a batch and each example's part of it. The loss of any group of examples is
// the total of their sums divided by the total of their counts.
type Loss struct {
	// Mean is the loss that training minimises, a scalar.
	Mean *graph.Node
	// Sums and Counts [B], or [B·S] of packed rows with at most S examples each.
	Sums, Counts *graph.Node
}

// Input is a tensor that a model can be run on.
type Input struct {
	Name  string
	DType dtypes.DType
	// Shapes are the legal shapes; a dimension of 0 may have any size.
	Shapes [][]int
	// Needs names another input without which this one is of no use.
	Needs string
	// Vocabulary is the number of legal ids, for inputs of ids.
	Vocabulary int
}

// Lengths are the sequence lengths that a description assumes, in ids.
type Lengths struct {
	Prompt, Answer int
	// Images of a sample. Default: 1.
	Images int
}

// Part is a part of a model.
type Part struct {
	// Name is the prefix of the names of its weights.
	Name string
	// Tokens is the sequence length that the figures assume.
	Tokens int
	// ForwardFLOPs is the number of floating-point operations in the matrix products of one sample;
	// a multiplication and an addition count as two.
	ForwardFLOPs int64
	// Activations is the number of floats that the backward pass needs of one sample.
	Activations int64
}

// FitSize sets a size of 0 to the data's, and returns a problem if it is another. Key is the
// size's in a recipe.
func FitSize(key string, have *int, want int) []Problem {
	before := *have
	*have = want
	if before != 0 && before != want {
		return []Problem{{key, fmt.Sprintf("%s is %d, the data has %d; leave it out to follow the data", key, before, want)}}
	}
	return nil
}
