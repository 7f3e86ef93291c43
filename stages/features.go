package stages

import (
	"context"
	"fmt"
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// Encoder builds the graph of an image encoder: pixels [1, 1, H, W, 3] to tokens [1, T, D].
type Encoder func(scope *weights.Scope, pixels *graph.Node) *graph.Node

// Features are the visual tokens of images under a frozen image encoder, computed once an image and
// kept as float32 in memory. They are exact where an image's pixels are a function of the image: no
// op of the image pipeline is random.
//
// Each image is encoded for itself, so that its tokens do not depend on which others came with it,
// and a resumed run has the same.
type Features struct {
	be            compute.Backend
	exec          *graph.Exec
	set           *weights.Set
	encoders      []int // positions of the encoder's weights in set
	tokens, width int
	limit         int64 // bytes
	used          int64
	kept          map[cachedImage][]float32
}

// cachedImage names an image of the stream's datasets.
type cachedImage struct {
	origin string
	row    int
	image  int
}

// NewFeatures returns the empty cache of an encoder whose pictures have so many tokens of the given
// width. Its weights are those of the set under prefix, which must be frozen. Limit bounds the
// bytes kept; pictures beyond it are encoded again each time.
func NewFeatures(be compute.Backend, encoder Encoder, set *weights.Set, prefix string, tokens, width int, limit int64) (*Features, error) {
	f := &Features{be: be, set: set, tokens: tokens, width: width, limit: limit, kept: map[cachedImage][]float32{}}
	under, err := weights.Frozen(set.Specs(), []string{prefix})
	if err != nil {
		return nil, fmt.Errorf("building the image encoder: %w", err)
	}
	var specs []weights.Spec
	for i, spec := range set.Specs() {
		if under[i] {
			f.encoders = append(f.encoders, i)
			specs = append(specs, spec)
		}
	}
	f.exec, err = graph.NewExec(be, func(in []*graph.Node) *graph.Node {
		return encoder(weights.Bind(specs, in[1:]), in[0])
	})
	if err != nil {
		return nil, fmt.Errorf("building the image encoder: %w", err)
	}
	return f, nil
}

// Bytes returns the memory that the kept tokens take.
func (f *Features) Bytes() int64 { return f.used }

// Pictures returns the number of pictures kept.
func (f *Features) Pictures() int { return len(f.kept) }

// Tokens returns the tokens of the batch's pictures, [B, N·T, D], zeros for pictures that are not
// there.
func (f *Features) Tokens(ctx context.Context, b *mixture.Batch) ([]float32, error) {
	for _, at := range f.encoders {
		// A tensor that is not yet on the device must not be given to two calls at once.
		if err := f.set.Tensors()[at].MaterializeOnDevice(f.be, true, 0); err != nil {
			return nil, fmt.Errorf("moving the image encoder's weights: %w", err)
		}
	}
	each := f.tokens * f.width
	tokens := make([]float32, b.Shape.Rows*b.Shape.Images*each)
	missing, err := f.fill(ctx, b, func(at int) []float32 { return tokens[at*each : (at+1)*each] })
	for key, found := range missing {
		if f.used+int64(4*each) <= f.limit {
			f.kept[key] = found
			f.used += int64(4 * each)
		}
	}
	return tokens, err
}

// fill writes the tokens of each image to its place and returns those that were not kept.
func (f *Features) fill(ctx context.Context, b *mixture.Batch, place func(at int) []float32) (map[cachedImage][]float32, error) {
	places := map[cachedImage][]int{} // of those to encode
	for at, present := range b.Pictures {
		if present == 0 {
			continue
		}
		row := at / b.Shape.Images
		key := cachedImage{b.Origins[row], b.Indices[row], at % b.Shape.Images}
		if found, ok := f.kept[key]; ok {
			copy(place(at), found)
			continue
		}
		places[key] = append(places[key], at)
	}
	encoded := make(map[cachedImage][]float32, len(places))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	results := make(chan keyed, len(places))
	for key, at := range places {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			found, err := f.encode(b, at[0])
			if err != nil {
				return fmt.Errorf("encoding image %d of row %d of %s: %w", key.image, key.row, key.origin, err)
			}
			results <- keyed{key, found}
			return nil
		})
	}
	err := group.Wait()
	close(results)
	for r := range results {
		encoded[r.key] = r.tokens
		for _, at := range places[r.key] {
			copy(place(at), r.tokens)
		}
	}
	return encoded, err
}

type keyed struct {
	key    cachedImage
	tokens []float32
}

// encode runs the encoder on the image at that place of the batch.
func (f *Features) encode(b *mixture.Batch, at int) ([]float32, error) {
	n := b.Shape.Height * b.Shape.Width * 3
	pixels := tensors.FromFlatDataAndDimensions(b.Pixels[at*n:(at+1)*n], 1, 1, b.Shape.Height, b.Shape.Width, 3)
	args := []any{pixels}
	for _, i := range f.encoders {
		args = append(args, f.set.Tensors()[i])
	}
	out, err := f.exec.Call(args...)
	if err != nil {
		return nil, err
	}
	found, err := tensors.CopyFlatData[float32](out[0])
	if err != nil {
		return nil, err
	}
	if len(found) != f.tokens*f.width {
		return nil, fmt.Errorf("it gives %d numbers, want %d tokens of %d", len(found), f.tokens, f.width)
	}
	return found, nil
}
