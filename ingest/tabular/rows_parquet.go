package tabular

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/internal/format/hf"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/internal/parquet/pages"
	"github.com/pali3/pali3/internal/parquet/table"
	"github.com/pali3/pali3/shards/format/mapping"
)

// parquetRows reads the columns of a Parquet file. From a column that holds images as Hugging
// Face's datasets do (a struct of bytes and path, or a list of them) it takes the bytes, or else
// the path.
type parquetRows struct {
	file  input.File
	table *table.File
	rows  *table.Reader
	fixed map[string]bool // columns of fixed-length byte arrays, which are not images
}

func newParquetRows(f input.File, name string) (*parquetRows, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := table.Open(f, size)
	if err != nil {
		if kind := input.CheckKind(f, "parquet"); kind != nil {
			err = kind
		}
		f.Close()
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	r := &parquetRows{file: f, table: file, rows: file.Reader(0), fixed: map[string]bool{}}
	root, leaves := file.Schema()
	for _, top := range root.Children {
		for leaf := top; leaf != nil; leaf = only(leaf.Children) {
			if leaf.Leaf >= 0 && leaves[leaf.Leaf].Kind == format.FixedLenByteArray {
				r.fixed[top.Name] = true
			}
		}
	}
	return r, nil
}

func only(children []*pages.Node) *pages.Node {
	if len(children) != 1 {
		return nil
	}
	return children[0]
}

func (r *parquetRows) columns() ([]string, error) { return r.table.Columns(), nil }

// schema returns the columns with their types and fields.
func (r *parquetRows) schema() []mapping.Column { return hf.Columns(r.table) }

// choose says that only the named columns are wanted, those of them that there are, or the columns
// that paths lead to.
func (r *parquetRows) choose(names []string) error {
	file, err := r.table.Select(topColumns(r.table.Columns(), names)...)
	if err == nil {
		r.table, r.rows = file, file.Reader(0)
	}
	return err
}

// skip passes over the first n rows.
func (r *parquetRows) skip(n int64) error {
	r.rows = r.table.Reader(n)
	return nil
}

func (r *parquetRows) next() (row, error) {
	values, err := r.rows.Next()
	if errors.Is(err, io.EOF) {
		return nil, errEnd
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	for name, value := range values {
		if value = flat(value, r.fixed[name]); value == nil {
			delete(values, name)
		} else {
			values[name] = value
		}
	}
	return row(values), nil
}

// flat returns a value as rows of tables have it: numbers as text, of an image its bytes or else
// its path, and lists and structs with these in them; nil for null.
func flat(value any, fixed bool) any {
	switch v := value.(type) {
	case []any:
		for len(v) > 0 && v[len(v)-1] == nil {
			v = v[:len(v)-1]
		}
		if len(v) == 0 {
			return nil
		}
		return inner(v, fixed)
	case []byte, map[string]any:
		return inner(v, fixed)
	}
	if text, ok := mapping.Scalar(value, false); ok {
		return text
	}
	return nil
}

// inner makes images of structs, however deep they lie.
func inner(value any, fixed bool) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = inner(v[i], fixed)
		}
	case []byte:
		if fixed && imagefile.Format(v) == "" {
			return string(v)
		}
	case map[string]any:
		switch content := v["bytes"].(type) {
		case []byte:
			return content
		case string:
			return []byte(content)
		}
		if path, isText := v["path"].(string); isText {
			return path
		}
		if _, isImage := v["bytes"]; isImage {
			return nil
		}
		for name := range v {
			v[name] = inner(v[name], fixed)
		}
	}
	return value
}

func (r *parquetRows) len() int64 { return r.table.Len() }

func (r *parquetRows) close() error { return r.file.Close() }
