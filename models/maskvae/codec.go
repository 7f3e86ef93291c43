package maskvae

import (
	"fmt"
	"image"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/pali3/pali3/models/backend"
	"github.com/pali3/pali3/models/weights"
	"github.com/pali3/pali3/tokenize"
)

// Codec encodes masks to ids and decodes ids to masks with trained weights. Its methods may be
// called concurrently.
type Codec struct {
	config         Config
	encode, decode *graph.Exec
}

// NewCodec returns a codec with the given weights, which it copies.
func NewCodec(be compute.Backend, c Config, set *weights.Set) (*Codec, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	compile := func(compute func(s *weights.Scope, x *graph.Node) *graph.Node) (*graph.Exec, error) {
		return graph.NewExec(be, func(x *graph.Node) *graph.Node {
			constants := make([]*graph.Node, len(set.Tensors()))
			for i, w := range set.Tensors() {
				constants[i] = graph.ConstTensor(x.Graph(), w)
			}
			return compute(weights.Bind(set.Specs(), constants), x)
		})
	}
	codec := &Codec{config: c}
	var err error
	if codec.encode, err = compile(func(s *weights.Scope, masks *graph.Node) *graph.Node {
		return Nearest(s, c, Encode(s, c, masks))
	}); err != nil {
		return nil, err
	}
	codec.decode, err = compile(func(s *weights.Scope, ids *graph.Node) *graph.Node { return Decode(s, c, ids) })
	if err != nil {
		return nil, err
	}
	// A graph for the smallest batch, so that weights which do not fit are an error here.
	if _, err := codec.Decode([][]int32{make([]int32, c.Tokens())}); err != nil {
		return nil, err
	}
	return codec, nil
}

// Config returns the shape of the network.
func (k *Codec) Config() Config { return k.config }

// Encode returns the ids of each mask, Config.Tokens() of them. A mask has
// Config.Image·Config.Image values in [0, 1], row by row, such as [Config.Crop] returns.
func (k *Codec) Encode(masks [][]float32) ([][]int32, error) {
	c := k.config
	for i, mask := range masks {
		if len(mask) != c.Image*c.Image {
			return nil, fmt.Errorf("encoding mask %d: %d values, want %d·%d", i, len(mask), c.Image, c.Image)
		}
		for j, v := range mask {
			if !(v >= 0 && v <= 1) {
				return nil, fmt.Errorf("encoding mask %d: value %d is %g, want 0 to 1", i, j, v)
			}
		}
	}
	return inBatches[float32, int32](k.encode, "encoding masks", masks, c.Tokens(), c.Image, c.Image)
}

// Decode returns the mask of each row of ids, Config.Tokens() of them, as Config.Image·Config.Image
// values, row by row. A pixel belongs to the object where its value is above 0.
func (k *Codec) Decode(ids [][]int32) ([][]float32, error) {
	c := k.config
	for i, row := range ids {
		if len(row) != c.Tokens() {
			return nil, fmt.Errorf("decoding mask %d: %d ids, want %d", i, len(row), c.Tokens())
		}
		for j, id := range row {
			if id < 0 || int(id) >= c.Codes {
				return nil, fmt.Errorf("decoding mask %d: id %d is %d, want 0 to %d", i, j, id, c.Codes-1)
			}
		}
	}
	return inBatches[int32, float32](k.decode, "decoding masks", ids, c.Image*c.Image, c.Tokens())
}

// Region returns an object as a model is trained to write it: its box, the codes of its mask and
// its label. The mask is that of the whole image; the edges of the box, y0, x0, y1, x1, are
// fractions of the image's height and width.
func (k *Codec) Region(mask *image.Gray, edges [4]float64, label string) (tokenize.Region, error) {
	box, err := tokenize.Locate(edges)
	if err != nil {
		return tokenize.Region{}, err
	}
	crop, err := k.config.Crop(mask, edges)
	if err != nil {
		return tokenize.Region{}, err
	}
	codes, err := k.Encode([][]float32{crop})
	if err != nil {
		return tokenize.Region{}, err
	}
	region := tokenize.Region{Box: box, Mask: codes[0], Label: label}
	return region, region.Validate()
}

// Paste is [Config.Paste] of the codec's network.
func (k *Codec) Paste(decoded []float32, box [4]int, height, width int) (*image.Gray, error) {
	return k.config.Paste(decoded, box, height, width)
}

// Masks returns the mask of each region of an answer about an image of the given height and width:
// 255 inside the object and 0 outside. Unlike [Config.Paste] it takes a box that is too small for
// the image to have a pixel of it: that mask is empty, as is the mask of a region without codes.
func (k *Codec) Masks(regions []tokenize.Region, height, width int) ([]*image.Gray, error) {
	if err := checkSize(height, width); err != nil {
		return nil, err
	}
	var codes [][]int32
	for _, r := range regions {
		if err := r.Validate(); err != nil {
			return nil, err
		}
		if r.Mask != nil {
			codes = append(codes, r.Mask)
		}
	}
	decoded, err := k.Decode(codes)
	if err != nil {
		return nil, err
	}
	masks := make([]*image.Gray, len(regions))
	for i, r := range regions {
		masks[i] = image.NewGray(image.Rect(0, 0, width, height))
		if r.Mask == nil {
			continue
		}
		paste(masks[i], decoded[0], k.config.Image, pixelsOf(r.Box, height, width))
		decoded = decoded[1:]
	}
	return masks, nil
}

// batchSizes are the batches for which graphs are compiled; the last batch is filled up to one.
var batchSizes = []int{1, 8, 32}

// inBatches calls exec on rows, batch by batch. Shape is that of a row, size the elements of a row
// of the result.
func inBatches[In, Out float32 | int32](exec *graph.Exec, doing string, rows [][]In, size int, shape ...int) ([][]Out, error) {
	out := make([][]Out, 0, len(rows))
	for len(rows) > 0 {
		batch := batchSizes[len(batchSizes)-1]
		for i := len(batchSizes) - 1; i >= 0 && batchSizes[i] >= len(rows); i-- {
			batch = batchSizes[i]
		}
		n := min(batch, len(rows))
		flat := make([]In, 0, batch*len(rows[0]))
		for _, row := range rows[:n] {
			flat = append(flat, row...)
		}
		flat = flat[:cap(flat)]
		rows = rows[n:]
		var result []*tensors.Tensor
		var failed error
		if err := backend.Catch(doing, func() {
			result, failed = exec.Call(tensors.FromFlatDataAndDimensions(flat, append([]int{batch}, shape...)...))
		}); err != nil {
			return nil, err
		}
		if failed != nil {
			return nil, fmt.Errorf("%s: %w", doing, failed)
		}
		values, err := tensors.CopyFlatData[Out](result[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", doing, err)
		}
		for i := range n {
			out = append(out, values[i*size:(i+1)*size:(i+1)*size])
		}
	}
	return out, nil
}
