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

	"github.com/pali3/pali3/internal/atomicfile"
)

// pageBytes is the size at which a Parquet page ends. Small pages keep the cost of reading one row low.
const pageBytes = 128 << 10

// table writes rows of type T to one Parquet file, visible only when whole.
type table[T any] struct {
	file   *atomicfile.File
	hash   hash.Hash
	writer *parquet.GenericWriter[T]
	name   string
	rows   int64
}

func createTable[T any](dir, name string) (*table[T], error) {
	file, err := atomicfile.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	writer := newWriter[T](io.MultiWriter(file, digest))
	return &table[T]{file: file, hash: digest, writer: writer, name: name}, nil
}

func newWriter[T any](w io.Writer) *parquet.GenericWriter[T] {
	return parquet.NewGenericWriter[T](w,
		parquet.Compression(&parquet.Zstd),
		parquet.PageBufferSize(pageBytes),
		parquet.SkipPageStatistics("images", "list", "element", "bytes"), // they would repeat each page's least and greatest image
		parquet.SkipPageBounds("images", "list", "element", "bytes"),
		parquet.SkipPageBounds("boxes", "list", "element", "mask"),
		parquet.CreatedBy("pali3", "1", ""),
	)
}

// WriteParquet writes samples as one Parquet file, laid out as a part of a dataset.
func WriteParquet(w io.Writer, samples iter.Seq2[Sample, error]) error {
	limits := Limits{}.withDefaults()
	out := newWriter[Sample](w)
	var bytes, rows int64
	for s, err := range samples {
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
	return out.Close()
}

func (t *table[T]) append(row T) error {
	if _, err := t.writer.Write([]T{row}); err != nil {
		return fmt.Errorf("writing row %d of %s: %w", t.rows, t.name, err)
	}
	t.rows++
	return nil
}

// endGroup ends the current row group.
func (t *table[T]) endGroup() error {
	if err := t.writer.Flush(); err != nil {
		return fmt.Errorf("writing a row group of %s: %w", t.name, err)
	}
	return nil
}

// commit completes the file, makes it visible and describes it.
func (t *table[T]) commit() (File, error) {
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

func (t *table[T]) abort() { t.file.Abort() }

// describe reads rows, row groups and column statistics from a Parquet file's footer.
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

// bound shows a column's extreme value, at most 64 bytes of it. Only text columns have one: other
// types do not compare as strings.
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
