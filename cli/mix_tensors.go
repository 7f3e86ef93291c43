package cli

import (
	"context"
	"slices"

	"github.com/pali3/pali3/internal/safetensors"
	"github.com/pali3/pali3/mixture"
)

// writeTensors writes a batch under the names that forward takes, without empty tensors. Images
// have the shape [B, H, W, 3] if each example has one, or are patches [B, T, p·p·3] with grids
// [B, 2]; image_mask is written only if an image is missing.
func (c mixCommand) writeTensors(ctx context.Context, con *console, stream *mixture.Stream) error {
	b, err := stream.Batch(ctx, c.first())
	if err != nil {
		return err
	}
	n := b.Shape
	var all []safetensors.Tensor
	floats := func(name string, values []float32, shape ...int) {
		if len(values) > 0 {
			all = append(all, safetensors.Tensor{Name: name, DType: safetensors.F32, Shape: shape,
				Data: func() []byte { return safetensors.Float32Bytes(values) }})
		}
	}
	ints := func(name string, values []int32, shape ...int) {
		if len(values) > 0 {
			all = append(all, safetensors.Tensor{Name: name, DType: safetensors.I32, Shape: shape,
				Data: func() []byte { return safetensors.Int32Bytes(values) }})
		}
	}
	switch patch := n.Sequence.Patch; {
	case patch > 0 && n.Images == 1:
		floats("patches", b.Pixels, n.Rows, n.Sequence.Length, patch*patch*3)
		ints("grids", b.Grids, n.Rows, 2)
	case patch > 0:
		floats("patches", b.Pixels, n.Rows, n.Images, n.Sequence.Length, patch*patch*3)
		ints("grids", b.Grids, n.Rows, n.Images, 2)
	case n.Images == 1:
		floats("images", b.Pixels, n.Rows, n.Height, n.Width, 3)
	default:
		floats("images", b.Pixels, n.Rows, n.Images, n.Height, n.Width, 3)
	}
	if slices.Contains(b.ImageMask, 0) {
		floats("image_mask", b.ImageMask, n.Rows, n.Images)
	}
	ints("input_ids", b.EncoderIDs, n.Rows*n.Texts, n.Encoder)
	ints("decoder_input_ids", b.DecoderInputs, n.Rows, n.Decoder)
	ints("targets", b.Targets, n.Rows, n.Decoder)
	floats("weights", b.Weights, n.Rows, n.Decoder)
	if err := safetensors.Write(c.Tensors, all, nil); err != nil {
		return err
	}
	con.printf("wrote the %d examples of step %d to %s\n", n.Rows, b.Step, c.Tensors)
	return nil
}
