// Package batchfile hands training batches to other programs, as Apache Arrow record batches. Any
// Arrow implementation reads them: pyarrow, DuckDB, Polars, arrow-rs.
//
//	record, err := batchfile.Record(batch, info)          // a batch as an Arrow record batch
//	batch, info, err := batchfile.Batch(record)           // and back, equal in every bit
//	_, err = batchfile.Write(ctx, dir, stream, options)   // the batches of many steps, as files
//	folder, err := batchfile.Open(dir)                    // which can be read at any step
//
// A row of a record is an example. Tensors are fixed-size lists with Arrow's canonical extension
// type arrow.fixed_shape_tensor, so that pyarrow returns column "images" of a record as a NumPy
// array [B, H, W, 3] without a copy. The columns have the names and shapes that pali3 forward and
// transformers use:
//
//	step              int64     step of the batch
//	task              int32     index into the tasks of [Info]
//	key               utf8      of the sample
//	origin            utf8      dataset of the sample
//	index             int64     row of the sample in its dataset
//	truncated         int32     ids that did not fit into the recipe's lengths
//	images            float32   [H, W, 3], or [N, H, W, 3] if examples have several images
//	patches           float32   in place of images that keep their aspect: [T, p·p·3], [N, T, p·p·3]
//	grids             int32     rows and columns of patches: [2], [N, 2]
//	image_mask        float32   [N], 1 where there is an image
//	image_rows        int64     [N], rows of images of other samples, of recipes that draw such
//	image_places      int64     [N], and their places in those samples
//	input_ids         int32     [Le], or [K, Le] if examples have several texts
//	decoder_input_ids int32     [Ld]
//	targets           int32     [Ld]
//	weights           float32   [Ld], of the loss
//
// A row of packed examples has lists in the columns task, key, origin, index and truncated, with an
// element for each of its segments, and these columns:
//
//	encoder_segments  int32     [Le], segment of each id from 1, 0 at padding
//	decoder_segments  int32     [Ld]
//	image_segments    int32     [N]
//
// Columns that a recipe does not have are left out: a contrastive one has no targets. The schema's
// metadata holds [Info] as JSON under the key pali3.
//
// The package owns the form of batches outside of this program. It does not know who reads them.
package batchfile

import (
	"encoding/json"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/mixture"
)

// Format is the version of the columns and of [Info].
const Format = 1

// metadataKey is the key of the schema's metadata that holds Info.
const metadataKey = "pali3"

// Info describes the stream that a batch is part of.
type Info struct {
	// Format is the version of this description. This package reads 1.
	Format int `json:"format"`
	// Recipe is [mixture.Stream.Fingerprint]: two streams with the same one make the same batches.
	Recipe string `json:"recipe"`
	// StreamVersion is the version of the order of examples.
	StreamVersion int `json:"stream_version"`
	// Seed of the recipe.
	Seed uint64 `json:"seed"`
	// Batch is the number of examples of a step, of all hosts together.
	Batch int `json:"batch"`
	// Host of Hosts has these rows of every batch, counted from 0.
	Host  int `json:"host"`
	Hosts int `json:"hosts"`
	// Tasks are the names that the column task indexes.
	Tasks []string `json:"tasks"`
	// Vocabulary is the number of rows that an embedding of the ids needs.
	Vocabulary int `json:"vocabulary"`
	// Shape is that of this batch.
	Shape Shape `json:"shape"`
}

// Shape is [mixture.Shape] as JSON.
type Shape struct {
	Rows    int `json:"rows"`
	Images  int `json:"images"`
	Height  int `json:"height,omitempty"`
	Width   int `json:"width,omitempty"`
	Texts   int `json:"texts"`
	Encoder int `json:"encoder"`
	Decoder int `json:"decoder,omitempty"`
	// Segments is the most examples of a packed row; 0 if rows are not packed.
	Segments int `json:"segments,omitempty"`
	Patch    int `json:"patch,omitempty"`
	Length   int `json:"length,omitempty"`
}

// InfoOf describes a stream, as the given host of hosts sees it. Its shape is the stream's.
func InfoOf(s *mixture.Stream, host, hosts int) (Info, error) {
	fingerprint, err := s.Fingerprint()
	if err != nil {
		return Info{}, err
	}
	r := s.Recipe()
	info := Info{
		Format: Format, Recipe: fingerprint, StreamVersion: s.StreamVersion(), Seed: r.Seed, Batch: r.Batch, Host: host, Hosts: hosts,
		Tasks: []string{}, Vocabulary: s.Vocabulary().Size(), Shape: shapeOf(s.Shape()),
	}
	for _, t := range r.Tasks {
		info.Tasks = append(info.Tasks, t.Name)
	}
	return info, nil
}

func shapeOf(s mixture.Shape) Shape {
	return Shape{
		Rows: s.Rows, Images: s.Images, Height: s.Height, Width: s.Width, Texts: max(s.Texts, 1),
		Encoder: s.Encoder, Decoder: s.Decoder, Segments: s.Segments, Patch: s.Sequence.Patch, Length: s.Sequence.Length,
	}
}

// batchShape returns the shape as package mixture has it.
func (s Shape) batchShape() mixture.Shape {
	return mixture.Shape{
		Rows: s.Rows, Images: s.Images, Height: s.Height, Width: s.Width, Texts: s.Texts,
		Encoder: s.Encoder, Decoder: s.Decoder, Segments: s.Segments, Sequence: augment.Sequence{Patch: s.Patch, Length: s.Length},
	}
}

// maxValues bounds the values of a batch's column: beyond it, a shape is damage.
const maxValues = 1 << 31

// check fails on a shape that no batch has.
func (s Shape) check() error {
	for _, n := range []int{s.Rows, s.Images, s.Height, s.Width, s.Texts, s.Encoder, s.Decoder, s.Segments, s.Patch, s.Length} {
		if n < 0 || n > maxValues {
			return fmt.Errorf("shape %+v has a size out of range", s)
		}
	}
	if s.Rows == 0 || s.Texts == 0 || s.Encoder == 0 {
		return fmt.Errorf("shape %+v has no rows, texts or ids", s)
	}
	for _, sizes := range [][]int{
		{s.Rows, s.Texts, s.Encoder}, {s.Rows, s.Decoder}, {s.Rows, s.Images, s.Height, s.Width, 3},
		{s.Rows, s.Images, s.Length, s.Patch, s.Patch, 3},
	} {
		values := 1
		for _, n := range sizes {
			if values *= n; values > maxValues {
				return fmt.Errorf("shape %+v is larger than a batch can be", s)
			}
		}
	}
	return nil
}

// readInfo reads the description in a schema.
func readInfo(schema *arrow.Schema) (Info, error) {
	var info Info
	text, found := schema.Metadata().GetValue(metadataKey)
	if !found {
		return info, fmt.Errorf("the schema has no metadata %s: these are not batches of pali3", metadataKey)
	}
	if err := json.Unmarshal([]byte(text), &info); err != nil {
		return info, fmt.Errorf("metadata %s of the schema: %w", metadataKey, err)
	}
	if info.Format != Format {
		return info, fmt.Errorf("batches of format %d; this program reads format %d", info.Format, Format)
	}
	return info, info.Shape.check()
}
