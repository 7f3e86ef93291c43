package stages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"golang.org/x/sync/errgroup"

	"github.com/pali3/pali3/internal/tokencache"
	"github.com/pali3/pali3/mixture"
	"github.com/pali3/pali3/models/weights"
)

// ImageEncoder builds the graph of an image encoder: pixels [B, 1, H, W, 3] to tokens [B, T, D].
type ImageEncoder func(scope *weights.Scope, pixels *graph.Node) *graph.Node

// VisualTokenOptions describe an image encoder and the memory for its tokens.
type VisualTokenOptions struct {
	Encoder ImageEncoder
	// Weights of the model; those whose names begin with Prefixes are the encoder's.
	Weights  *weights.Set
	Prefixes []string
	// Height and Width of an image in pixels.
	Height, Width int
	// Tokens of an image, T, and the width of a token, D.
	Tokens, TokenWidth int
	// Batch is the number of images in a call of the encoder. Default: 1. The tokens of an image
	// may differ in the last bits from one batch size to another.
	Batch int
	// Parallel is the number of calls at the same time. Default: 1.
	Parallel int
	// Limit bounds the memory for tokens, in bytes.
	Limit int64
	// Bfloat16 rounds tokens to bfloat16, to the nearest, ties to even, as Folder does.
	Bfloat16 bool
	// Folder, if not nil, keeps tokens on disk. Images are then known by the hash of their bytes,
	// and only tokens that the folder does not take are kept in memory.
	Folder *VisualTokenFolder
	// Of, Config and Ops say which tokens of the folder are these, together with the weights: what
	// is encoded, "tokens" or "embedding", the encoder's config, and the image ops.
	Of     string
	Config any
	Ops    string
	// Replace says what happens to images beyond the limit: their tokens replace those of all
	// images that the current call does not ask for. Default: they are encoded again at each call,
	// which suits images that come round in turns, epoch after epoch.
	Replace bool
}

// VisualTokenCache holds the visual tokens of images in memory, or on disk if it has a Folder, so
// that an image encoder whose weights do not change encodes each image once. Cached tokens equal
// computed ones as long as the pixels of an image are always the same: no op of the image pipeline
// may be random.
//
// Its methods must not be called concurrently, but for Has.
type VisualTokenCache struct {
	VisualTokenOptions
	be      compute.Backend
	exec    *graph.Exec
	encoder []int // positions of the encoder's weights in the set
	// Of images that keep their aspect: the side of a patch, and the most patches of an image in
	// the present call. An image is then its patches and, behind them, its rows and columns.
	patch, length int

	mu   sync.RWMutex // of kept, sets and key: held to change them, and by Has
	kept map[ImageKey][]float32
	// sets are those of the folder, by sequence length; nil before Connect.
	sets map[int]*tokencache.Set
	key  tokencache.Key // of length 0

	encoded, reused int64 // images
}

// ImageKey identifies an image: by its place in a dataset, or by the hash of its bytes. Length is
// the most patches of an image that keeps its aspect.
type ImageKey struct {
	Dataset    string
	Row, Image int
	Length     int
	Hash       string
}

func (k ImageKey) String() string {
	if k.Hash != "" {
		return fmt.Sprintf("image %.12s", k.Hash)
	}
	return fmt.Sprintf("image %d of row %d of %s", k.Image, k.Row, k.Dataset)
}

// ErrSkipImage is what the pixels function of [VisualTokenCache.Encode] returns for an image to be
// left out.
var ErrSkipImage = errors.New("the image is left out")

// NewVisualTokenCache returns an empty cache. It compiles nothing yet.
func NewVisualTokenCache(be compute.Backend, o VisualTokenOptions) (*VisualTokenCache, error) {
	o.Batch, o.Parallel = max(o.Batch, 1), max(o.Parallel, 1)
	c := &VisualTokenCache{VisualTokenOptions: o, be: be, kept: map[ImageKey][]float32{}}
	covered, err := weights.Frozen(o.Weights.Specs(), o.Prefixes)
	if err != nil {
		return nil, fmt.Errorf("building the image encoder: %w", err)
	}
	var specs []weights.Spec
	for i, spec := range o.Weights.Specs() {
		if covered[i] {
			c.encoder = append(c.encoder, i)
			specs = append(specs, spec)
		}
	}
	c.exec, err = graph.NewExec(be, func(in []*graph.Node) *graph.Node {
		return o.Encoder(weights.Bind(specs, in[1:]), in[0])
	})
	if err != nil {
		return nil, fmt.Errorf("building the image encoder: %w", err)
	}
	return c, nil
}

// Reset forgets all tokens. From now on images are encoded with the given weights: another set of
// the same model, or the same set after its values changed.
func (c *VisualTokenCache) Reset(set *weights.Set) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Weights = set
	clear(c.kept)
	c.sets = nil
}

// Has reports whether the tokens of an image are in the cache. Unless the cache is one of Replace
// or is Reset, they stay there. Has is safe for concurrent use.
func (c *VisualTokenCache) Has(image ImageKey) bool {
	c.mu.RLock()
	kept, sets := c.kept[image] != nil, c.sets
	c.mu.RUnlock()
	return kept || sets != nil && c.hasOnDisk(image)
}

// Len returns the number of images in the cache.
func (c *VisualTokenCache) Len() int { return len(c.kept) }

// Counts returns how many images were encoded, and how often tokens in the cache were used.
func (c *VisualTokenCache) Counts() (encoded, reused int64) { return c.encoded, c.reused }

// Bytes returns the memory that the cached tokens take.
func (c *VisualTokenCache) Bytes() int64 { return int64(len(c.kept)) * c.imageBytes() }

func (c *VisualTokenCache) imageBytes() int64 { return 4 * int64(c.Tokens) * int64(c.TokenWidth) }

// Encode returns the tokens [T, D] of each image, which the caller must not change. It calls pixels
// for images that are not in the cache, once each, to write pixels [H, W, 3] of images[i]; with
// Parallel above 1 from several goroutines. An image for which pixels returns [ErrSkipImage] has
// nil for tokens; any other error ends the call.
func (c *VisualTokenCache) Encode(ctx context.Context, images []ImageKey, pixels func(i int, to []float32) error) ([][]float32, error) {
	found := make([][]float32, len(images))
	places := map[ImageKey][]int{} // of images to encode
	var missing []ImageKey
	for i, key := range images {
		if found[i] = c.kept[key]; found[i] == nil {
			var err error
			if found[i], err = c.fromDisk(key); err != nil {
				return nil, err
			}
		}
		if found[i] != nil {
			continue
		}
		if places[key] == nil {
			missing = append(missing, key)
		}
		places[key] = append(places[key], i)
	}
	if c.Replace {
		c.makeRoom(images, len(missing))
	}
	c.encoded += int64(len(missing))
	c.reused += int64(len(images) - len(missing))
	encoded, err := c.encode(ctx, missing, func(n int, to []float32) error { return pixels(places[missing[n]][0], to) })
	if err != nil {
		return nil, err
	}
	inMemory, err := c.store(missing, encoded)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for n, key := range missing {
		for _, i := range places[key] {
			found[i] = encoded[n]
		}
		if inMemory[n] && (c.Replace || c.Bytes()+c.imageBytes() <= c.Limit) {
			c.kept[key] = encoded[n]
		}
	}
	return found, nil
}

// makeRoom drops the tokens of all images but the wanted ones if the missing ones do not fit.
func (c *VisualTokenCache) makeRoom(wanted []ImageKey, missing int) {
	if c.Bytes()+int64(missing)*c.imageBytes() <= c.Limit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	keep := make(map[ImageKey]bool, len(wanted))
	for _, key := range wanted {
		keep[key] = true
	}
	for key := range c.kept {
		if !keep[key] {
			delete(c.kept, key)
		}
	}
}

// encode runs the encoder on images, Batch at a time, and returns their tokens, nil for skipped
// images.
func (c *VisualTokenCache) encode(ctx context.Context, images []ImageKey, pixels func(n int, to []float32) error) ([][]float32, error) {
	if len(images) == 0 {
		return nil, nil
	}
	for _, at := range c.encoder {
		// Two calls at the same time must not both move a tensor to the device.
		if err := c.Weights.Tensors()[at].MaterializeOnDevice(c.be, true, 0); err != nil {
			return nil, fmt.Errorf("moving the image encoder's weights: %w", err)
		}
	}
	encoded := make([][]float32, len(images))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.Parallel)
	for begin := 0; begin < len(images); begin += c.Batch {
		end := min(begin+c.Batch, len(images))
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			err := c.encodeBatch(encoded[begin:end], func(n int, to []float32) error { return pixels(begin+n, to) })
			if err != nil {
				return fmt.Errorf("encoding %v: %w", images[begin], err)
			}
			return nil
		})
	}
	return encoded, group.Wait()
}

// encodeBatch runs the encoder once, on at most Batch images.
func (c *VisualTokenCache) encodeBatch(encoded [][]float32, pixels func(n int, to []float32) error) error {
	size, shape := c.Height*c.Width*3, []int{c.Batch, 1, c.Height, c.Width, 3}
	if c.patch > 0 {
		size = c.length*c.patch*c.patch*3 + 2
		shape = []int{c.Batch, size}
	}
	batch := make([]float32, c.Batch*size)
	skipped := make([]bool, len(encoded))
	for n := range encoded {
		image := batch[n*size : (n+1)*size]
		if err := pixels(n, image); errors.Is(err, ErrSkipImage) {
			skipped[n] = true
			clear(image)
		} else if err != nil {
			return err
		}
	}
	args := []any{tensors.FromFlatDataAndDimensions(batch, shape...)}
	for _, at := range c.encoder {
		args = append(args, c.Weights.Tensors()[at])
	}
	out, err := c.exec.Call(args...)
	if err != nil {
		return err
	}
	defer out[0].FinalizeAll()
	tokens, err := tensors.CopyFlatData[float32](out[0])
	if err != nil {
		return err
	}
	each := c.Tokens * c.TokenWidth
	if len(tokens) != c.Batch*each {
		return fmt.Errorf("the encoder gives %d numbers for %d images, want %d tokens of %d each", len(tokens), c.Batch, c.Tokens, c.TokenWidth)
	}
	for n := range encoded {
		if !skipped[n] {
			encoded[n] = slices.Clone(tokens[n*each : (n+1)*each])
		}
	}
	return nil
}

// ofBatch returns the tokens of a batch's images, [B, N·T, D], zeros for images that an example
// lacks.
func (c *VisualTokenCache) ofBatch(ctx context.Context, b *mixture.Batch) ([]float32, error) {
	var images []ImageKey
	var places []int // of images in the batch
	for at, present := range b.ImageMask {
		if present != 0 {
			example, _ := b.ExampleOf(at)
			row, place := b.ImageAt(at)
			key := ImageKey{Dataset: b.Origins[example], Row: row, Image: place, Length: b.Shape.Sequence.Length}
			if c.Folder != nil {
				if b.ImageHashes == nil {
					return nil, errors.New("the batch has no hashes of its images, by which the folder of visual tokens knows them")
				}
				key = keyOfHash(b.ImageHashes[at], b.Shape.Sequence.Length)
			}
			images = append(images, key)
			places = append(places, at)
		}
	}
	size := b.Shape.ImageValues()
	c.length = b.Shape.Sequence.Length
	found, err := c.Encode(ctx, images, func(i int, to []float32) error {
		at := places[i]
		copy(to, b.Pixels[at*size:(at+1)*size])
		if c.patch > 0 {
			to[size], to[size+1] = float32(b.Grids[2*at]), float32(b.Grids[2*at+1])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	each := c.Tokens * c.TokenWidth
	tokens := make([]float32, b.Shape.Rows*b.Shape.Images*each)
	for i, at := range places {
		copy(tokens[at*each:], found[i])
	}
	return tokens, nil
}

// String says what the cache was used for.
func (c *VisualTokenCache) String() string {
	if c.Folder != nil {
		return fmt.Sprintf("encoded %d images and used kept tokens %d times; %s", c.encoded, c.reused, c.Folder)
	}
	return fmt.Sprintf("encoded %d images and used kept tokens %d times; %d images are in memory, in %s of at most %s",
		c.encoded, c.reused, c.Len(), mebibytes(c.Bytes()), mebibytes(c.Limit))
}
