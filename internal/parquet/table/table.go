// Package table reads the rows of any Parquet file, whoever wrote it: every compression (snappy,
// zstd, gzip, lz4, brotli), encoding and page version, nested lists, structs and maps, nulls.
//
// [File.Rows] yields each row as a map of its columns. It knows no samples: packages hf and ingest
// say which column is what.
//
// Files may be hostile: package pages, which decodes, believes no length that it reads, and a row
// that is more than its bytes in the file can account for is an error. What is in memory at once is
// at most [pages.PerFile] and, for the row, [PerRow] bytes, and beyond that [pages.Expansion] times
// the bytes of the file that the row and its pages lie in.
package table

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/pali3/pali3/internal/parquet/pages"
)

// Row is a row by the names of its columns. A value is nil, bool, int32, int64, float32, float64,
// string for text, []byte for binary, []any for a list, and map[string]any for a struct or a map;
// an INT96, a time of old files, is a string as RFC 3339 has it. Bytes share memory with the page
// they lie in, and must not be changed.
type Row map[string]any

// File is an open Parquet file, or some of its columns.
type File struct {
	r      io.ReaderAt
	size   int64
	footer *pages.Footer
	root   *node
}

// Open reads a file's footer.
func Open(r io.ReaderAt, size int64) (*File, error) {
	footer, err := pages.ReadFooter(r, size)
	if err != nil {
		return nil, err
	}
	if len(footer.Leaves) == 0 {
		return nil, errors.New("the file has no columns")
	}
	f := &File{r: r, size: size, footer: footer, root: build(footer.Root, footer.Leaves)}
	return f, f.checkChunks()
}

// checkChunks makes sure that no byte of the file belongs to two columns, so that a reader never
// reads more than the file has.
func (f *File) checkChunks() error {
	type span struct{ at, end int64 }
	var spans []span
	for g := range f.footer.Groups {
		for i := range f.footer.Groups[g].Chunks {
			m := &f.footer.Groups[g].Chunks[i]
			if m.Size == 0 || m.Values == 0 || m.Elsewhere {
				continue
			}
			at, end, err := m.Range(f.size)
			if err != nil {
				return fmt.Errorf("row group %d, column %s: %w", g, f.footer.Leaves[i].Path, err)
			}
			spans = append(spans, span{at, end})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(spans); i++ {
		if spans[i].at < spans[i-1].end {
			return fmt.Errorf("two columns lie at %d of the file", spans[i].at)
		}
	}
	return nil
}

// Len returns the number of rows.
func (f *File) Len() int64 { return f.footer.Rows() }

// Columns returns the names of the columns.
func (f *File) Columns() []string {
	var names []string
	for _, c := range f.root.children {
		names = append(names, c.name)
	}
	return names
}

// Select returns the file with the named columns alone; the others are not read.
func (f *File) Select(names ...string) (*File, error) {
	root := *f.root
	root.children = nil
	for _, c := range f.root.children {
		if slices.Contains(names, c.name) {
			root.children = append(root.children, c)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(root.children, func(c *node) bool { return c.name == name }) {
			return nil, fmt.Errorf("no column %q", name)
		}
	}
	return &File{f.r, f.size, f.footer, &root}, nil
}

// Schema returns the schema: its tree, and its leaves.
func (f *File) Schema() (*pages.Node, []pages.Leaf) { return f.footer.Root, f.footer.Leaves }

// Metadata returns a value of the footer's key-value metadata.
func (f *File) Metadata(key string) (string, bool) { return f.footer.Lookup(key) }

// Rows yields the rows in order, and ends after an error. One row and the pages it lies in are in
// memory.
func (f *File) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rows := f.Reader(0)
		for {
			row, err := rows.Next()
			if err == io.EOF || !yield(row, err) || err != nil {
				return
			}
		}
	}
}
