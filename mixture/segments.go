package mixture

import (
	"fmt"
	"hash"
)

// Segments say which example each position of packed rows belongs to (see [Packing]). The examples
// of a row are its segments, numbered from 1. Positions of number 0 are padding. The ids of a
// segment stand together, and so do its images.
type Segments struct {
	// Encoder are the segments of encoder ids, [B, Le].
	Encoder []int32
	// Decoder are the segments of decoder ids, of targets and of weights, [B, Ld]. The decoder's
	// first id of each segment is padding: targets are shifted right within a segment.
	Decoder []int32
	// Images are the segments of images, [B, N]. An example with images has as many places as an
	// unpacked one, of which ImageMask tells those that have an image.
	Images []int32
	// Rows are the rows of the examples, and Numbers their segments there, both [E] for the E
	// examples of the batch, in order.
	Rows, Numbers []int32
}

func newSegments(s Shape) *Segments {
	return &Segments{
		Encoder: make([]int32, s.Rows*s.Encoder), Decoder: make([]int32, s.Rows*s.Decoder), Images: make([]int32, s.Rows*s.Images),
		Rows: []int32{}, Numbers: []int32{},
	}
}

// digest writes all of it into a hash.
func (g *Segments) digest(h hash.Hash) {
	for _, part := range [][]int32{g.Encoder, g.Decoder, g.Images, g.Rows, g.Numbers} {
		fmt.Fprintln(h, len(part))
		hashInts(h, part)
	}
}

// SegmentPositions returns the position of each id within its segment, from 0, for the segments of
// rows of the given length, such as [Segments.Encoder]. Padding has position 0. With the segments
// they are what seqio calls positions and segment_ids of packed features.
func SegmentPositions(segments []int32, length int) []int32 {
	positions := make([]int32, len(segments))
	for at, segment := range segments {
		if segment > 0 && at%length > 0 && segments[at-1] == segment {
			positions[at] = positions[at-1] + 1
		}
	}
	return positions
}

// Examples returns the number of examples, E: the rows, or more if they are packed.
func (b *Batch) Examples() int { return len(b.Tasks) }

// RowOf returns the row of an example, 0 to E-1, and its segment there: 1 where a row is one
// example.
func (b *Batch) RowOf(example int) (row, segment int) {
	if b.Segments == nil {
		return example, 1
	}
	return int(b.Segments.Rows[example]), int(b.Segments.Numbers[example])
}

// ExampleOf returns the example of an image's place, 0 to B·N-1, and which of the example's places
// it is, from 0. The example is -1 for a place of no example.
func (b *Batch) ExampleOf(place int) (example, image int) {
	n := b.Shape.Images
	if b.Segments == nil {
		return place / n, place % n
	}
	segment := b.Segments.Images[place]
	if segment == 0 {
		return -1, 0
	}
	for first := place - place%n; place-image > first && b.Segments.Images[place-image-1] == segment; {
		image++
	}
	for i, row := range b.Segments.Rows {
		if int(row) == place/n && b.Segments.Numbers[i] == segment {
			return i, image
		}
	}
	return -1, 0
}

// FirstImage returns the first place of an example for images, 0 to B·N-1, or -1 if it has none.
func (b *Batch) FirstImage(example int) int {
	n := b.Shape.Images
	row, segment := b.RowOf(example)
	for place := row * n; place < (row+1)*n; place++ {
		if b.Segments == nil || int(b.Segments.Images[place]) == segment {
			return place
		}
	}
	return -1
}

// ExampleIDs returns the encoder ids and the targets of an example, which may end with padding.
func (b *Batch) ExampleIDs(example int) (encoder, targets []int32) {
	row, segment := b.RowOf(example)
	le, ld := b.Shape.Encoder, b.Shape.Decoder
	encoder, targets = b.Texts(row)[:le], b.Targets[row*ld:(row+1)*ld]
	if b.Segments != nil {
		encoder = ofSegment(encoder, b.Segments.Encoder[row*le:], segment)
		targets = ofSegment(targets, b.Segments.Decoder[row*ld:], segment)
	}
	return encoder, targets
}

// ExampleWeights returns the weights of the loss of an example's targets.
func (b *Batch) ExampleWeights(example int) []float32 {
	row, segment := b.RowOf(example)
	ld := b.Shape.Decoder
	weights := b.Weights[row*ld : (row+1)*ld]
	if b.Segments != nil {
		weights = ofSegment(weights, b.Segments.Decoder[row*ld:], segment)
	}
	return weights
}

// ofSegment returns the ids of a segment, which stand together.
func ofSegment[T any](ids []T, segments []int32, segment int) []T {
	first, end := 0, 0
	for at := range ids {
		if int(segments[at]) == segment {
			if end == 0 {
				first = at
			}
			end = at + 1
		}
	}
	return ids[first:end]
}
