package ingest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go/format"

	"github.com/pali3/pali3/shards/pages"
	"github.com/pali3/pali3/shards/table"
)

// parquetRows reads the columns of a Parquet file that hold a value or a list of values, and, of those that hold
// pictures as Hugging Face's datasets do (a struct of bytes and path, or a list of them), the bytes or else the path.
type parquetRows struct {
	file  input
	table *table.File
	rows  *table.Reader
	fixed map[string]bool // columns of byte arrays that are no pictures: they have one length
}

func newParquetRows(f input, name string) (*parquetRows, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := table.Open(f, size)
	if err != nil {
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

// choose says that only the named columns are wanted, those of them that there are.
func (r *parquetRows) choose(names []string) error {
	chosen := slices.DeleteFunc(r.table.Columns(), func(name string) bool { return !slices.Contains(names, name) })
	file, err := r.table.Select(chosen...)
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

// picture returns the first column that holds pictures, "" if none does.
func (r *parquetRows) picture() string {
	root, leaves := r.table.Schema()
	for _, top := range root.Children {
		if holdsBytes(top, leaves) {
			return top.Name
		}
	}
	return ""
}

// holdsBytes reports whether a column is of byte arrays that are no text, of structs with bytes, or of lists of these.
func holdsBytes(n *pages.Node, leaves []pages.Leaf) bool {
	if n.Leaf >= 0 {
		return leaves[n.Leaf].Kind == format.ByteArray && !n.Text
	}
	if child := only(n.Children); child != nil && child.Repeated {
		if inner := only(child.Children); inner != nil {
			child = inner
		}
		n = child
	}
	if n.Leaf >= 0 {
		return leaves[n.Leaf].Kind == format.ByteArray && !n.Text
	}
	return slices.ContainsFunc(n.Children, func(c *pages.Node) bool { return c.Name == "bytes" && c.Leaf >= 0 })
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

// flat returns a value as rows of tables have it: text, bytes, or a list of these; nil if it is neither.
func flat(value any, fixed bool) any {
	list, isList := value.([]any)
	if !isList {
		return single(value, fixed)
	}
	for i := range list {
		list[i] = single(list[i], fixed)
	}
	for len(list) > 0 && list[len(list)-1] == nil {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// single returns a value that is no list.
func single(value any, fixed bool) any {
	switch v := value.(type) {
	case string:
		return v
	case []byte:
		if fixed {
			return string(v)
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	case int32:
		return strconv.FormatInt(int64(v), 10)
	case int64:
		return strconv.FormatInt(v, 10)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case map[string]any:
		switch bytes := v["bytes"].(type) {
		case []byte:
			return bytes
		case string:
			return []byte(bytes)
		}
		if path, isText := v["path"].(string); isText {
			return path
		}
	}
	return nil
}

func (r *parquetRows) len() int64 { return r.table.Len() }

func (r *parquetRows) close() error { return r.file.Close() }
