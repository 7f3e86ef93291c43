package mixture

import (
	"fmt"
	"sync"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// cacheBytes bounds the memory of decoded pictures.
const cacheBytes = 256 << 20

// pixelCache keeps the pixels of pictures, as long as they are a function of the picture alone.
// When it is full it keeps what it has: with a random order no picture is more likely to come than
// another.
type pixelCache struct {
	pipeline *augment.Pipeline
	use      bool

	mu    sync.RWMutex
	known map[pictureID][]float32
	bytes int
}

type pictureID struct {
	dataset      string
	row, picture int
}

func newPixelCache(p *augment.Pipeline) *pixelCache {
	return &pixelCache{pipeline: p, use: p != nil && !p.Random(), known: map[pictureID][]float32{}}
}

// pixels returns a picture's pixels [H, W, 3], which the caller must not change.
func (c *pixelCache) pixels(id pictureID, encoded []byte, rng *random.Stream) ([]float32, error) {
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

// pictures writes a sample's pictures into its row. Of more than there is room for, the first are
// taken.
func (s *Stream) pictures(b *Batch, row int, sample *shards.Sample, dir string, index int, rng *random.Stream) error {
	room, size := b.Shape.Images, b.Shape.Height*b.Shape.Width*3
	for i := range min(len(sample.Images), room) {
		at := row*room + i
		if b.Pixels != nil {
			pixels, err := s.pixels.pixels(pictureID{dir, index, i}, sample.Images[i].Bytes, rng)
			if err != nil {
				clear(b.Pictures[row*room : (row+1)*room])
				return fmt.Errorf("picture %d: %w", i, err)
			}
			copy(b.Pixels[at*size:(at+1)*size], pixels)
		}
		b.Pictures[at] = 1
	}
	return nil
}
