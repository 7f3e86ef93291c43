package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Sizes at which a page ends. Reading one row of a compressed page means decoding the whole page;
// of an uncompressed page, only the lengths at its beginning and the value are read.
const (
	compressedPage   = 128 << 10
	uncompressedPage = 1 << 20
)

// layout is how a file is compressed.
type layout struct {
	codec compress.Codec
	page  int // bytes
}

var (
	compressed   = layout{&parquet.Zstd, compressedPage}
	uncompressed = layout{&parquet.Uncompressed, uncompressedPage}
)

// layout returns the layout of a file that begins with the sample: compressed if it has more text
// than images. Beside images, compressing the text would save less than reading it in place does.
func (s *Sample) layout() layout {
	var images int64
	for i := range s.Images {
		images += int64(len(s.Images[i].Bytes))
	}
	if images > s.textBytes() {
		return uncompressed
	}
	return compressed
}

// tableWriter writes rows of type T to one Parquet file, which appears when it is complete.
type tableWriter[T any] struct {
	file   *atomicfile.File
	hash   hash.Hash
	writer *parquet.GenericWriter[T]
	name   string
	rows   int64
}

func createTable[T any](dir, name string, l layout) (*tableWriter[T], error) {
	file, err := atomicfile.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	writer := newWriter[T](io.MultiWriter(file, digest), l)
	return &tableWriter[T]{file: file, hash: digest, writer: writer, name: name}, nil
}

func newWriter[T any](w io.Writer, l layout) *parquet.GenericWriter[T] {
	return parquet.NewGenericWriter[T](w,
		parquet.Compression(l.codec),
		parquet.PageBufferSize(l.page),
		parquet.SkipPageStatistics("images", "list", "element", "bytes"), // they would repeat the smallest and greatest image of each page
		parquet.SkipPageBounds("images", "list", "element", "bytes"),
		parquet.SkipPageBounds("boxes", "list", "element", "mask"),
		parquet.CreatedBy("pali3", "1", ""),
	)
}

// WriteParquet writes samples as one Parquet file with the layout of a part.
func WriteParquet(w io.Writer, samples iter.Seq2[Sample, error]) error {
	limits := Limits{}.withDefaults()
	var out *parquet.GenericWriter[Sample]
	var bytes, rows int64
	for s, err := range samples {
		if out == nil {
			out = newWriter[Sample](w, s.layout())
		}
		if err == nil {
			_, err = out.Write([]Sample{s})
		}
		if bytes, rows = bytes+s.size(), rows+1; err == nil && (bytes >= limits.GroupBytes || rows >= limits.GroupRows) {
			bytes, rows = 0, 0
			err = out.Flush()
		}
		if err != nil {
			return err
		}
	}
	if out == nil {
		out = newWriter[Sample](w, compressed)
	}
	return out.Close()
}

func (t *tableWriter[T]) append(row T) error {
	if _, err := t.writer.Write([]T{row}); err != nil {
		return fmt.Errorf("writing row %d of %s: %w", t.rows, t.name, err)
	}
	t.rows++
	return nil
}

// endGroup ends the current row group.
func (t *tableWriter[T]) endGroup() error {
	if err := t.writer.Flush(); err != nil {
		return fmt.Errorf("writing a row group of %s: %w", t.name, err)
	}
	return nil
}

// commit completes the file, renames it to its name and returns its description.
func (t *tableWriter[T]) commit() (File, error) {
	defer t.file.Abort()
	if err := t.writer.Close(); err != nil {
		return File{}, fmt.Errorf("closing %s: %w", t.name, err)
	}
	described, err := describe(t.file.File)
	if err != nil {
		return File{}, fmt.Errorf("reading back %s: %w", t.name, err)
	}
	described.Name = t.name
	described.SHA256 = hex.EncodeToString(t.hash.Sum(nil))
	return described, t.file.Commit()
}

func (t *tableWriter[T]) abort() { t.file.Abort() }

// describe returns the rows, row groups and column statistics of a Parquet file from its footer.
func describe(f *os.File) (File, error) {
	info, err := f.Stat()
	if err != nil {
		return File{}, err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true))
	if err != nil {
		return File{}, err
	}
	described := File{Rows: file.NumRows(), Bytes: info.Size(), Columns: map[string]Column{}}
	for _, group := range file.RowGroups() {
		described.RowGroups = append(described.RowGroups, group.NumRows())
		for _, chunk := range group.ColumnChunks() {
			addColumn(described.Columns, file, chunk)
		}
	}
	return described, nil
}

func addColumn(columns map[string]Column, file *parquet.File, chunk parquet.ColumnChunk) {
	path := strings.Join(file.Schema().Columns()[chunk.Column()], ".")
	column, seen := columns[path]
	c, ok := chunk.(*parquet.FileColumnChunk)
	if !ok {
		return
	}
	column.Nulls += c.NullCount()
	if low, high, ok := c.Bounds(); ok {
		least, most := bound(low), bound(high)
		if !seen || least < column.Min {
			column.Min = least
		}
		if most > column.Max {
			column.Max = most
		}
	}
	columns[path] = column
}

// bound returns at most 64 bytes of the minimum or maximum of a text column. Columns of other types
// do not compare as strings.
func bound(v parquet.Value) string {
	if v.Kind() != parquet.ByteArray || !utf8.Valid(v.ByteArray()) {
		return ""
	}
	s := v.String()
	if len(s) > 64 {
		s = strings.ToValidUTF8(s[:64], "")
	}
	return s
}

// size returns roughly how many bytes the sample takes.
func (s *Sample) size() int64 {
	n := s.textBytes() + 256
	for i := range s.Images {
		n += int64(len(s.Images[i].Bytes) + 128)
	}
	return n
}

// textBytes returns roughly how many bytes the texts of the sample take.
func (s *Sample) textBytes() int64 {
	n := int64(len(s.Key))
	for i := range s.Texts {
		n += int64(len(s.Texts[i].Value) + 32)
	}
	for i := range s.Questions {
		n += int64(len(s.Questions[i].Text) + 64*len(s.Questions[i].Answers))
	}
	return n
}
