package mixture

import (
	"fmt"
	"sync"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

// cacheBytes bounds the memory of decoded images.
const cacheBytes = 256 << 20

// pixelCache keeps the pixels of images if no op is random, so that they depend on the image alone.
// A full cache keeps what it has: in a random order every image is equally likely to come next.
type pixelCache struct {
	pipeline *augment.Pipeline
	use      bool

	mu    sync.RWMutex
	known map[imageID][]float32
	bytes int
}

type imageID struct {
	dataset    string
	row, image int
}

func newPixelCache(p *augment.Pipeline) *pixelCache {
	return &pixelCache{pipeline: p, use: p != nil && !p.Random(), known: map[imageID][]float32{}}
}

// pixels returns an image's pixels [H, W, 3], which the caller must not change.
func (c *pixelCache) pixels(id imageID, encoded []byte, rng *random.Stream) ([]float32, error) {
	if c.use {
		c.mu.RLock()
		known, ok := c.known[id]
		c.mu.RUnlock()
		if ok {
			return known, nil
		}
	}
	tensor, err := c.pipeline.Apply(encoded, rng)
	if err != nil {
		return nil, err
	}
	if c.use {
		c.mu.Lock()
		defer c.mu.Unlock()
		if size := 4 * len(tensor.Pix); c.bytes+size <= cacheBytes {
			c.known[id] = tensor.Pix
			c.bytes += size
		}
	}
	return tensor.Pix, nil
}

// writeImages writes the pixels of a sample's images into a row of the batch. Images beyond those
// that there is room for are left out.
func (s *Stream) writeImages(b *Batch, row int, t *task, d *drawn) error {
	room, size := b.Shape.Images, b.Shape.Height*b.Shape.Width*3
	for i := range min(len(d.sample.Images), room) {
		at := row*room + i
		if b.Pixels != nil {
			id := imageID{t.source.dataset.Dir(), d.index, i}
			pixels, err := s.pixels.pixels(id, d.sample.Images[i].Bytes, d.rng)
			if err != nil {
				clear(b.ImageMask[row*room : (row+1)*room])
				return fmt.Errorf("image %d: %w", i, err)
			}
			copy(b.Pixels[at*size:(at+1)*size], pixels)
		}
		b.ImageMask[at] = 1
	}
	return nil
}
