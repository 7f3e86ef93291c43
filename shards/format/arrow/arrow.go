// Package arrow turns samples into Arrow record batches and back, and reads and writes Arrow IPC,
// streams and files (also called Feather 2), which pyarrow, Polars, DuckDB and others read.
//
// The schema is that of FORMAT.md. [Records] makes batches for programs that use arrow-go;
// [WriteStream] and [WriteFile] write them; [Read] reads any Arrow IPC, ours or another's.
package arrow

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/pali3/pali3/shards"
)

// A batch ends at this number of rows, or of bytes of images.
const (
	batchRows  = 4096
	batchBytes = 64 << 20
)

// Schema is that of a sample.
var Schema = arrow.NewSchema([]arrow.Field{
	field("key", text), field("split", text),
	field("images", arrow.ListOf(arrow.StructOf(field("bytes", arrow.BinaryTypes.Binary), field("format", text),
		field("width", arrow.PrimitiveTypes.Int32), field("height", arrow.PrimitiveTypes.Int32), field("sha256", text)))),
	field("texts", arrow.ListOf(arrow.StructOf(field("kind", text), field("language", text), field("value", text),
		arrow.Field{Name: "score", Type: arrow.PrimitiveTypes.Float64, Nullable: true}))),
	field("questions", arrow.ListOf(arrow.StructOf(field("id", text), field("text", text), field("language", text), field("kind", text),
		field("answers", arrow.ListOf(arrow.StructOf(field("text", text), field("confidence", text))))))),
	field("boxes", arrow.ListOf(arrow.StructOf(field("label", text), field("image", arrow.PrimitiveTypes.Int32),
		field("y0", arrow.PrimitiveTypes.Float32), field("x0", arrow.PrimitiveTypes.Float32),
		field("y1", arrow.PrimitiveTypes.Float32), field("x1", arrow.PrimitiveTypes.Float32),
		arrow.Field{Name: "mask", Type: arrow.BinaryTypes.Binary, Nullable: true}))),
	field("provenance", arrow.StructOf(field("url", text), field("page_url", text), field("licence", text),
		field("fetched_at", &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: "UTC"}))),
	field("scores", arrow.MapOf(text, arrow.PrimitiveTypes.Float64)),
	field("metadata", arrow.MapOf(text, text)),
}, nil)

var text = arrow.BinaryTypes.String

func field(name string, t arrow.DataType) arrow.Field { return arrow.Field{Name: name, Type: t} }

// Records yields the samples as record batches. The caller releases each.
func Records(samples iter.Seq2[shards.Sample, error]) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		b := array.NewRecordBuilder(memory.DefaultAllocator, Schema)
		defer b.Release()
		rows, bytes := 0, 0
		for s, err := range samples {
			if err != nil {
				yield(nil, err)
				return
			}
			add(b, &s)
			rows++
			for i := range s.Images {
				bytes += len(s.Images[i].Bytes)
			}
			if rows >= batchRows || bytes >= batchBytes {
				if !yield(b.NewRecord(), nil) {
					return
				}
				rows, bytes = 0, 0
			}
		}
		if rows > 0 {
			yield(b.NewRecord(), nil)
		}
	}
}

// add appends a sample to the builder's columns.
func add(b *array.RecordBuilder, s *shards.Sample) {
	appendText(b.Field(0), s.Key)
	appendText(b.Field(1), s.Split)
	eachOf(b.Field(2), s.Images, func(f *array.StructBuilder, m *shards.Image) {
		f.FieldBuilder(0).(*array.BinaryBuilder).Append(m.Bytes)
		appendText(f.FieldBuilder(1), m.Format)
		f.FieldBuilder(2).(*array.Int32Builder).Append(m.Width)
		f.FieldBuilder(3).(*array.Int32Builder).Append(m.Height)
		appendText(f.FieldBuilder(4), m.SHA256)
	})
	eachOf(b.Field(3), s.Texts, func(f *array.StructBuilder, t *shards.Text) {
		appendTexts(f, t.Kind, t.Language, t.Value)
		score := f.FieldBuilder(3).(*array.Float64Builder)
		if t.Score == nil {
			score.AppendNull()
		} else {
			score.Append(*t.Score)
		}
	})
	eachOf(b.Field(4), s.Questions, func(f *array.StructBuilder, q *shards.Question) {
		appendTexts(f, q.ID, q.Text, q.Language, q.Kind)
		eachOf(f.FieldBuilder(4), q.Answers, func(f *array.StructBuilder, a *shards.Answer) { appendTexts(f, a.Text, a.Confidence) })
	})
	eachOf(b.Field(5), s.Boxes, func(f *array.StructBuilder, x *shards.Box) {
		appendText(f.FieldBuilder(0), x.Label)
		f.FieldBuilder(1).(*array.Int32Builder).Append(x.Image)
		for i, edge := range []float32{x.Y0, x.X0, x.Y1, x.X1} {
			f.FieldBuilder(2 + i).(*array.Float32Builder).Append(edge)
		}
		mask := f.FieldBuilder(6).(*array.BinaryBuilder)
		if x.Mask == nil {
			mask.AppendNull()
		} else {
			mask.Append(x.Mask)
		}
	})
	provenance := b.Field(6).(*array.StructBuilder)
	provenance.Append(true)
	appendTexts(provenance, s.Provenance.URL, s.Provenance.PageURL, s.Provenance.Licence)
	provenance.FieldBuilder(3).(*array.TimestampBuilder).Append(arrow.Timestamp(s.Provenance.FetchedAt.UnixMilli()))
	addMaps(b, s)
}

func addMaps(b *array.RecordBuilder, s *shards.Sample) {
	scores := b.Field(7).(*array.MapBuilder)
	scores.Append(true)
	for _, name := range slices.Sorted(maps.Keys(s.Scores)) {
		appendText(scores.KeyBuilder(), name)
		scores.ItemBuilder().(*array.Float64Builder).Append(s.Scores[name])
	}
	metadata := b.Field(8).(*array.MapBuilder)
	metadata.Append(true)
	for _, name := range slices.Sorted(maps.Keys(s.Metadata)) {
		appendText(metadata.KeyBuilder(), name)
		appendText(metadata.ItemBuilder(), s.Metadata[name])
	}
}

func appendText(b array.Builder, s string) { b.(*array.StringBuilder).Append(s) }

// appendTexts appends to the first fields of a struct.
func appendTexts(b *array.StructBuilder, texts ...string) {
	for i, s := range texts {
		appendText(b.FieldBuilder(i), s)
	}
}

// eachOf appends a list of structs.
func eachOf[T any](b array.Builder, all []T, add func(*array.StructBuilder, *T)) {
	list := b.(*array.ListBuilder)
	list.Append(true)
	element := list.ValueBuilder().(*array.StructBuilder)
	for i := range all {
		element.Append(true)
		add(element, &all[i])
	}
}

// WriteStream writes samples as an Arrow IPC stream.
func WriteStream(w io.Writer, samples iter.Seq2[shards.Sample, error]) error {
	return write(ipc.NewWriter(w, ipc.WithSchema(Schema)), samples)
}

// WriteFile writes samples as an Arrow IPC file.
func WriteFile(w io.WriteSeeker, samples iter.Seq2[shards.Sample, error]) error {
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(Schema))
	if err != nil {
		return err
	}
	return write(out, samples)
}

type recordWriter interface {
	Write(arrow.Record) error
	Close() error
}

func write(out recordWriter, samples iter.Seq2[shards.Sample, error]) error {
	for record, err := range Records(samples) {
		if err != nil {
			return err
		}
		err = out.Write(record)
		record.Release()
		if err != nil {
			return fmt.Errorf("writing a record batch: %w", err)
		}
	}
	return out.Close()
}
