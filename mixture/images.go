package mixture

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

// cacheBytes bounds the memory of images that are kept.
const cacheBytes = 256 << 20

// preparedBytes bounds it if some op is random, as then only the ops before are saved.
const preparedBytes = 128 << 20

// pixelCache keeps images as they are before the pipeline's first random op, or the pixels if no op
// is random: what depends on the image alone. A full cache keeps what it has: in a random order
// every image is equally likely to come next.
type pixelCache struct {
	pipeline *augment.Pipeline

	mu       sync.RWMutex
	known    map[imageID]finished
	prepared map[imageID]*augment.Pixels
	bytes    int
}

// finished is what no random op changes.
type finished struct {
	tensor   augment.Tensor
	geometry augment.Geometry
}

type imageID struct {
	dataset    string
	row, image int
	length     int // in patches, of images that keep their aspect
}

func newPixelCache(p *augment.Pipeline) *pixelCache {
	return &pixelCache{pipeline: p, known: map[imageID]finished{}, prepared: map[imageID]*augment.Pixels{}}
}

// pixels returns an image's pixels, which the caller must not change, and where the ops moved them.
// The boxes are the image's, for draw_bbox.
func (c *pixelCache) pixels(id imageID, encoded []byte, boxes [][4]float64, rng *random.Stream) (augment.Tensor, augment.Geometry, error) {
	pipeline, err := c.pipelineOf(id, boxes)
	if err != nil {
		return augment.Tensor{}, augment.Geometry{}, err
	}
	if !pipeline.Random() {
		known, err := keep(c, c.known, id, cacheBytes, func() (f finished, size int, err error) {
			f.tensor, f.geometry, err = pipeline.ApplyWithGeometry(encoded, nil)
			return f, 4 * len(f.tensor.Pix), err
		})
		return known.tensor, known.geometry, err
	}
	prepared, err := c.prepare(pipeline, id, encoded)
	if err != nil {
		return augment.Tensor{}, augment.Geometry{}, err
	}
	return pipeline.FinishWithGeometry(prepared, rng)
}

// write is pixels that writes them to a place of a batch. An image that is not kept is made there.
func (c *pixelCache) write(to []float32, id imageID, encoded []byte, boxes [][4]float64, rng *random.Stream) (augment.Geometry, error) {
	pipeline, err := c.pipelineOf(id, boxes)
	if err != nil {
		return augment.Geometry{}, err
	}
	if pipeline.Random() {
		prepared, err := c.prepare(pipeline, id, encoded)
		if err != nil {
			return augment.Geometry{}, err
		}
		return pipeline.FinishTo(to, prepared, rng)
	}
	c.mu.RLock()
	found, ok := c.known[id]
	c.mu.RUnlock()
	if ok {
		copy(to, found.tensor.Pix)
		return found.geometry, nil
	}
	geometry, err := pipeline.ApplyTo(to, encoded, nil)
	if err == nil && c.reserve(4*len(to), cacheBytes) {
		height, width := pipeline.Size()
		made := finished{augment.Tensor{Height: height, Width: width, Pix: slices.Clone(to)}, geometry}
		c.mu.Lock()
		c.known[id] = made
		c.mu.Unlock()
	}
	return geometry, err
}

// reserve takes bytes of the memory for images that are kept, and reports whether there are as many
// within the limit.
func (c *pixelCache) reserve(bytes, limit int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes+bytes > limit {
		return false
	}
	c.bytes += bytes
	return true
}

// pipelineOf returns the pipeline for an image.
func (c *pixelCache) pipelineOf(id imageID, boxes [][4]float64) (pipeline *augment.Pipeline, err error) {
	pipeline = c.pipeline
	if pipeline.DrawsBoxes() {
		pipeline = pipeline.WithBoxes(boxes...)
	}
	if id.length > 0 {
		pipeline, err = pipeline.WithSequenceLength(id.length)
	}
	return pipeline, err
}

// prepare runs the ops before the first random one.
func (c *pixelCache) prepare(pipeline *augment.Pipeline, id imageID, encoded []byte) (*augment.Pixels, error) {
	return keep(c, c.prepared, id, preparedBytes, func() (*augment.Pixels, int, error) {
		prepared, err := pipeline.Prepare(encoded)
		if err != nil {
			return nil, 0, err
		}
		return prepared, prepared.Bytes(), nil
	})
}

// keep returns what is known of an image, or makes it, with its size in bytes, and keeps it if
// there is room within the limit.
func keep[T any](c *pixelCache, known map[imageID]T, id imageID, limit int, prepare func() (T, int, error)) (T, error) {
	c.mu.RLock()
	found, ok := known[id]
	c.mu.RUnlock()
	if ok {
		return found, nil
	}
	made, size, err := prepare()
	if err != nil {
		return made, err
	}
	if c.reserve(size, limit) {
		c.mu.Lock()
		known[id] = made
		c.mu.Unlock()
	}
	return made, nil
}

// writeImages writes the pixels of an example's images into its row of the batch. With moves it
// notes the geometry of the sample's images, which takes the pixels even where the batch has none.
func (s *Stream) writeImages(b *Batch, row int, t *task, d *drawn, example *ids, moves bool) error {
	room := b.Shape.Images
	for i, image := range t.imagesOf(d, example, room) {
		id := imageID{t.source.dataset.Dir(), image.row, image.image, b.Shape.Sequence.Length}
		known := s.options.Known != nil && s.options.Known(id.dataset, id.row, id.image, id.length)
		if b.ImageHashes != nil {
			hash := sha256.Sum256(image.encoded)
			b.ImageHashes[row*room+i] = hash
			known = known || s.options.KnownHash(hash, id.length)
		}
		wanted := b.Pixels != nil && !known
		if wanted || moves {
			geometry, err := s.writeImage(b, row*room+i, wanted, id, image.encoded, d)
			if moves && image.row == d.index {
				d.geometry[image.image] = geometry
			}
			if err != nil {
				b.clearImages(row)
				return fmt.Errorf("image %d: %w", i, err)
			}
		}
		b.ImageMask[row*room+i] = 1
		if b.ImageRows != nil {
			b.ImageRows[row*room+i], b.ImagePlaces[row*room+i] = image.row, image.image
		}
	}
	return nil
}

// writeImage makes an image and, if wanted, writes it to a place of the batch, 0 to B·N-1.
func (s *Stream) writeImage(b *Batch, at int, wanted bool, id imageID, encoded []byte, d *drawn) (augment.Geometry, error) {
	boxes := d.boxesOf(id.row, id.image)
	if wanted && b.Shape.Sequence.Patch == 0 {
		size := b.Shape.ImageValues()
		return s.pixels.write(b.Pixels[at*size:(at+1)*size], id, encoded, boxes, d.rng)
	}
	tensor, geometry, err := s.pixels.pixels(id, encoded, boxes, d.rng)
	if err == nil && wanted {
		err = b.setPatches(at, tensor)
	}
	return geometry, err
}

// clearImages leaves a row without images. Their pixels, which are written over, mean nothing.
func (b *Batch) clearImages(row int) {
	room := b.Shape.Images
	clear(b.ImageMask[row*room : (row+1)*room])
	if b.ImageRows != nil {
		clear(b.ImageRows[row*room : (row+1)*room])
		clear(b.ImagePlaces[row*room : (row+1)*room])
	}
	if b.ImageHashes != nil {
		clear(b.ImageHashes[row*room : (row+1)*room])
	}
	if b.Grids != nil {
		copy(b.Grids[2*row*room:2*(row+1)*room], slices.Repeat([]int32{1}, 2*room))
	}
}

// setPatches writes an image that keeps its aspect to a place of the batch, 0 to B·N-1.
func (b *Batch) setPatches(at int, image augment.Tensor) error {
	size, patch := b.Shape.ImageValues(), b.Shape.Sequence.Patch
	to := b.Pixels[at*size : (at+1)*size]
	clear(to) // a sample that was tried before may have left patches
	rows, columns, err := image.WritePatches(to, patch)
	if err == nil {
		b.Grids[2*at], b.Grids[2*at+1] = int32(rows), int32(columns)
	}
	return err
}

// Image returns the image in a place of the batch, 0 to B·N-1, whose pixels the caller must not
// change.
func (b *Batch) Image(at int) augment.Tensor {
	size, patch := b.Shape.ImageValues(), b.Shape.Sequence.Patch
	pixels := b.Pixels[at*size : (at+1)*size]
	if patch == 0 {
		return augment.Tensor{Height: b.Shape.Height, Width: b.Shape.Width, Pix: pixels}
	}
	return augment.FromPatches(pixels, int(b.Grids[2*at]), int(b.Grids[2*at+1]), patch)
}
