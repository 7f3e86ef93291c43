package mixture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/random"
)

// Shape holds the fixed sizes of a stage's batches, so that one compiled graph serves them all.
type Shape struct {
	Rows    int // B, examples
	Images  int // N, images of an example, or of a packed row; 0 if the tasks have none
	Height  int // H, pixels; 0 for images that keep their aspect
	Width   int // W, pixels; 0 for images that keep their aspect
	Texts   int // K, texts of an example; 1 but for contrastive tasks
	Encoder int // Le, encoder ids; for contrastive tasks the text's
	Decoder int // Ld, decoder ids; 0 for contrastive tasks
	// Sequence describes images that keep their aspect and come as patches (NaFlex). It is zero for
	// images of H by W pixels. Its length may differ from batch to batch: see
	// [ImageConfig.SequenceLengths].
	Sequence augment.Sequence
	// Segments is the most examples of a row, S, if rows are packed: see [Packing]. It is 0 for
	// rows of one example.
	Segments int
}

// String prints the sizes. Batches of whole images have done so since before there were patches,
// and digests depend on it.
func (s Shape) String() string {
	text := fmt.Sprintf("{Rows:%d Images:%d Height:%d Width:%d Texts:%d Encoder:%d Decoder:%d}",
		s.Rows, s.Images, s.Height, s.Width, s.Texts, s.Encoder, s.Decoder)
	if s.Sequence.Patch > 0 {
		text = fmt.Sprintf("%s, Patch:%d Length:%d}", strings.TrimSuffix(text, "}"), s.Sequence.Patch, s.Sequence.Length)
	}
	if s.Segments > 0 {
		text = fmt.Sprintf("%s Segments:%d}", strings.TrimSuffix(text, "}"), s.Segments)
	}
	return text
}

// ImageValues returns the number of values of an image: H·W·3, or those of its patches.
func (s Shape) ImageValues() int {
	if s.Sequence.Patch > 0 {
		return s.Sequence.Values()
	}
	return s.Height * s.Width * 3
}

// Bytes returns the memory that a batch of the shape takes, with its pixels.
func (s Shape) Bytes() int64 {
	values := int64(s.Images)*int64(s.ImageValues()) + int64(s.Texts*s.Encoder) + 3*int64(s.Decoder)
	return 4 * int64(s.Rows) * values
}

func (s *Stream) shapeOf() Shape {
	first, end := hostRows(s.recipe.Batch, s.options.ShardIndex, s.options.ShardCount)
	shape := Shape{Rows: end - first, Texts: max(s.recipe.Lengths.Texts, 1), Encoder: s.recipe.Lengths.Encoder, Decoder: s.recipe.Lengths.Decoder}
	for _, t := range s.tasks {
		if t.kind.Image {
			shape.Images = max(s.recipe.Images.PerExample, 1)
			shape.Height, shape.Width = s.pipeline.Size()
			shape.Sequence = s.pipeline.Sequence()
		}
	}
	if lengths := s.recipe.Images.SequenceLengths; len(lengths) > 0 && shape.Sequence.Patch > 0 {
		shape.Sequence.Length = slices.Max(lengths)
	}
	return shape
}

// shapeAt returns the shape of the batch of a step, whose sequence length may be drawn.
func (s *Stream) shapeAt(step int) Shape {
	shape := s.shape
	if lengths := s.recipe.Images.SequenceLengths; len(lengths) > 0 && shape.Sequence.Patch > 0 {
		shape.Sequence.Length = pick(lengths, random.New(s.recipe.Seed, random.Name("sequence_lengths"), uint64(step)))
	}
	return shape
}

// Shape returns the shape of a recipe's batches without reading its files, and the zero shape if
// the recipe has problems.
func (r Recipe) Shape() Shape {
	s := newStream(r, Options{ShardCount: 1})
	var err error
	if s.pipeline, err = r.Pipeline(); err != nil || len(r.Problems()) > 0 {
		return Shape{}
	}
	shape := s.shapeOf()
	if r.Packing != nil {
		shape = r.Packing.packedShape(&r, shape)
	}
	return shape
}

// Shape returns the shape of every batch. If sequence lengths are drawn, its length is the longest.
func (s *Stream) Shape() Shape {
	if p := s.recipe.Packing; p != nil {
		return p.packedShape(&s.recipe, s.shape)
	}
	return s.shape
}
