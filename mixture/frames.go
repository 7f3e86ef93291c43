package mixture

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/pali3/pali3/random"
	"github.com/pali3/pali3/shards"
)

// Frames is which images a task takes of a sample that has more than there is room for.
type Frames string

// The choices of images.
const (
	// FramesFirst takes the first images.
	FramesFirst Frames = "first"
	// FramesEven takes the first image and others at even distances, as of a video.
	FramesEven Frames = "even"
	// FramesRandom takes images at random, in their order.
	FramesRandom Frames = "random"
)

// checkFrames returns an error for keys of images that are not legal or do not go with the kind.
func (t *Task) checkFrames(k Kind) (key string, err error) {
	switch {
	case t.MinImages < 0:
		return "min_images", fmt.Errorf("min_images: %d, must not be below zero", t.MinImages)
	case (t.MinImages > 0 || t.Frames != "") && !k.Image:
		return "kind", fmt.Errorf("kind %s has no images; frames and min_images are for kinds that have", t.Kind)
	case !slices.Contains([]Frames{"", FramesFirst, FramesEven, FramesRandom}, t.Frames):
		return "frames", fmt.Errorf("frames: %q; legal are %s, %s and %s", string(t.Frames), FramesFirst, FramesEven, FramesRandom)
	case t.Frames == FramesRandom && k.Located:
		return "frames", fmt.Errorf("frames: %s, but kind %s is about places in the first image", t.Frames, t.Kind)
	}
	return "", nil
}

// choose returns which of n images a task takes, in their order, at most room. It draws from rng
// only for random frames of a sample that has too many.
func (f Frames) choose(n, room int, rng *random.Stream) []int {
	taken := make([]int, min(n, room))
	for i := range taken {
		taken[i] = i
		if f == FramesEven {
			taken[i] = i * n / len(taken)
		}
	}
	if f == FramesRandom && n > room {
		taken = rng.Perm(n)[:room]
		slices.Sort(taken)
	}
	return taken
}

// exampleImage is an image of an example: which of a row of the dataset, and its bytes.
type exampleImage struct {
	row, image int
	encoded    []byte
}

// imagesOf returns the images of an example, at most room: the first of each shot, then the
// sample's own.
func (t *Task) imagesOf(d *drawn, example *ids, room int) (all []exampleImage) {
	for i := range example.shots {
		s := &example.shots[i]
		if len(s.sample.Images) > 0 {
			all = append(all, exampleImage{s.index, 0, s.sample.Images[0].Bytes})
		}
	}
	own := d.sample.Images
	taken := t.Frames.choose(len(own), max(room-len(all), 0), d.rng)
	for _, i := range taken {
		all = append(all, exampleImage{d.index, i, own[i].Bytes})
	}
	if beyond := len(own) - len(taken); beyond > 0 {
		example.leftOut = append(example.leftOut, LeftOut{"images beyond images.per_example", beyond})
	}
	return all
}

// hasImages reports whether a sample has as many images as the task needs.
func (t *Task) hasImages(k Kind, s *shards.Sample) bool {
	return !k.Image || len(s.Images) >= max(t.MinImages, 1)
}

// newBatch allocates a batch, with room for where images are from if a task takes others than the
// first of its own samples.
func (s *Stream) newBatch(step int, shape Shape) *Batch {
	return s.batchOf(step, shape, !s.options.NoPixels)
}

// batchOf is newBatch with pixels or without.
func (s *Stream) batchOf(step int, shape Shape, pixels bool) *Batch {
	b := NewBatch(step, shape, pixels)
	if slices.ContainsFunc(s.tasks, func(t *task) bool { return t.Shots > 0 || t.Frames == FramesEven || t.Frames == FramesRandom }) {
		n := shape.Rows * shape.Images
		b.ImageRows, b.ImagePlaces = make([]int, n), make([]int, n)
	}
	if s.options.KnownHash != nil && pixels {
		b.ImageHashes = make([][sha256.Size]byte, shape.Rows*shape.Images)
	}
	return b
}
