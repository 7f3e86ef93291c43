package mixture

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"slices"
)

// Batch is the input of one training step: a pure function of (recipe, seed, step).
type Batch struct {
	Step  int
	Shape Shape
	// Pixels are float32 [B, N, H, W, 3] in the recipe's value range, zero where an example has no
	// image. Nil if the stream makes no pixels. Images that keep their aspect are patches
	// [B, N, T, p·p·3], padded with zeros to T patches, where T and p are Shape.Sequence's length
	// and patch.
	Pixels []float32
	// Grids are the rows and columns of patches of each image that keeps its aspect, [B, N, 2]; 1
	// by 1 where an example has no image. Nil for images of one size.
	Grids []int32
	// ImageMask is 1 where an example has an image and 0 where it has fewer than N, [B, N].
	ImageMask []float32
	// EncoderIDs are [B·K, Le], padded with 0; the texts of contrastive tasks are padded with ends
	// of sentence.
	EncoderIDs []int32
	// DecoderInputs are the targets shifted right behind a pad, [B, Ld].
	DecoderInputs []int32
	// Targets are [B, Ld], padded with 0.
	Targets []int32
	// Weights of the loss, 1 at targets and 0 at padding, [B, Ld].
	Weights []float32
	// Segments say which example each position belongs to if rows are packed: see [Packing]. Nil if
	// each row is one example.
	Segments *Segments
	// Tasks are indices into the recipe's tasks, [B]. This list and those after it have an element
	// for each example, so that of packed rows they are [E]: see [Batch.RowOf].
	Tasks []int32
	// Keys name the samples, [B].
	Keys []string
	// Origins name the dataset of each sample, [B].
	Origins []string
	// Indices are the rows of the samples in their datasets, [B].
	Indices []int
	// ImageRows and ImagePlaces are the row of each image in its dataset and its place in the
	// sample, [B, N]. Nil if all tasks take the first images of the example's own sample: see
	// [Batch.ImageAt].
	ImageRows, ImagePlaces []int
	// ImageHashes are the SHA-256 of each image's bytes, [B, N], zero where an example has no
	// image. Nil without Options.KnownHash. They are not part of the digest.
	ImageHashes [][sha256.Size]byte
	// Truncated counts the ids of each example that did not fit into the recipe's lengths, [B].
	Truncated []int32

	uncounted bool // its examples are counted elsewhere
}

// NewBatch allocates the batch of a step, with pixels or without.
func NewBatch(step int, s Shape, pixels bool) *Batch {
	s.Texts = max(s.Texts, 1)
	b := &Batch{
		Step: step, Shape: s,
		ImageMask:     make([]float32, s.Rows*s.Images),
		EncoderIDs:    make([]int32, s.Rows*s.Texts*s.Encoder),
		DecoderInputs: make([]int32, s.Rows*s.Decoder),
		Targets:       make([]int32, s.Rows*s.Decoder),
		Weights:       make([]float32, s.Rows*s.Decoder),
		Tasks:         make([]int32, s.Rows),
		Keys:          make([]string, s.Rows),
		Origins:       make([]string, s.Rows),
		Indices:       make([]int, s.Rows),
		Truncated:     make([]int32, s.Rows),
	}
	if s.Segments > 0 {
		b.Segments = newSegments(s)
	}
	if pixels {
		b.Pixels = make([]float32, s.Rows*s.Images*s.ImageValues())
	}
	if pixels && s.Sequence.Patch > 0 {
		b.Grids = slices.Repeat([]int32{1}, s.Rows*s.Images*2)
	}
	return b
}

// Bytes returns about how much memory the batch takes.
func (b *Batch) Bytes() int64 {
	floats := len(b.Pixels) + len(b.ImageMask) + len(b.Weights)
	ints := len(b.Grids) + len(b.EncoderIDs) + len(b.DecoderInputs) + len(b.Targets) + len(b.Tasks) + len(b.Truncated)
	const ofNames = 16 + 16 + 8 // Keys, Origins, Indices
	return 4*int64(floats+ints) + 8*int64(len(b.ImageRows)+len(b.ImagePlaces)) + sha256.Size*int64(len(b.ImageHashes)) + ofNames*int64(b.Shape.Rows)
}

// Texts returns an example's rows of encoder ids, [K·Le].
func (b *Batch) Texts(row int) []int32 {
	n := b.Shape.Texts * b.Shape.Encoder
	return b.EncoderIDs[row*n : (row+1)*n]
}

// ImageAt returns where the image in a place of the batch, 0 to B·N-1, is from: the row of the
// dataset that Origins names, and the place in that row's sample.
func (b *Batch) ImageAt(at int) (row, place int) {
	if b.ImageRows != nil {
		return b.ImageRows[at], b.ImagePlaces[at]
	}
	example, place := b.ExampleOf(at)
	return b.Indices[max(example, 0)], place
}

// Digest returns the sha256 of everything in the batch, in hex: equal digests are equal batches.
func (b *Batch) Digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %v\n", b.Step, b.Shape)
	hashFloats(h, b.Pixels)
	hashInts(h, b.Grids)
	hashFloats(h, b.ImageMask)
	hashInts(h, b.EncoderIDs)
	hashInts(h, b.DecoderInputs)
	hashInts(h, b.Targets)
	hashFloats(h, b.Weights)
	if b.Segments != nil {
		b.Segments.digest(h)
	}
	hashInts(h, b.Tasks)
	for i, key := range b.Keys {
		fmt.Fprintf(h, "%q %q %d\n", key, b.Origins[i], b.Indices[i])
	}
	if b.ImageRows != nil {
		fmt.Fprintln(h, b.ImageRows, b.ImagePlaces)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashFloats(h hash.Hash, values []float32) {
	buffer := make([]byte, 0, 4*len(values))
	for _, v := range values {
		buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
	}
	h.Write(buffer)
}

func hashInts(h hash.Hash, values []int32) {
	buffer := make([]byte, 0, 4*len(values))
	for _, v := range values {
		buffer = binary.LittleEndian.AppendUint32(buffer, uint32(v))
	}
	h.Write(buffer)
}
