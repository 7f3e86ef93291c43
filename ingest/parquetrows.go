package ingest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
)

// parquetRows reads the columns of a Parquet file that hold a value or a list of values, and, of those that hold
// pictures as Hugging Face's datasets do (a struct of bytes and path, or a list of them), the bytes or else the path.
type parquetRows struct {
	file   *os.File
	names  []string
	reader *parquet.GenericReader[any]
	buffer []parquet.Row
	leaves []leaf
}

// leaf says to which of a row's values a leaf column goes.
type leaf struct {
	name  string // "" if to none
	bytes bool   // of a picture
	path  bool   // in place of bytes that are not there
	list  bool
}

func newParquetRows(f *os.File) (*parquetRows, error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("opening %s: %w", f.Name(), err)
	}
	r := &parquetRows{file: f, reader: parquet.NewGenericReader[any](file, file.Schema()), buffer: make([]parquet.Row, 1)}
	for _, path := range file.Schema().Columns() {
		column, _ := file.Schema().Lookup(path...)
		r.leaves = append(r.leaves, leafOf(path, column.Node))
		if !slices.Contains(r.names, path[0]) {
			r.names = append(r.names, path[0])
		}
	}
	return r, nil
}

func leafOf(path []string, node parquet.Node) leaf {
	l := leaf{name: path[0]}
	rest := path[1:]
	if len(rest) >= 2 && (rest[0] == "list" || rest[0] == "bag") {
		l.list, rest = true, rest[2:]
	}
	if node.Repeated() {
		l.list = true
	}
	switch strings.Join(rest, ".") {
	case "":
		l.bytes = node.Type().Kind() == parquet.ByteArray && !isText(node.Type())
	case "bytes":
		l.bytes = true
	case "path":
		l.path = true
	default:
		return leaf{}
	}
	return l
}

// isText reports whether a column of byte arrays is marked as text, in the way of new files or of old ones.
func isText(t parquet.Type) bool {
	if logical := t.LogicalType(); logical != nil {
		switch logical.String() {
		case "STRING", "ENUM", "JSON":
			return true
		}
	}
	converted := t.ConvertedType()
	return converted != nil && *converted == deprecated.UTF8
}

func (r *parquetRows) columns() ([]string, error) { return r.names, nil }

func (r *parquetRows) next() (values row, err error) {
	defer func() {
		if p := recover(); p != nil {
			values, err = nil, fmt.Errorf("%w: %v", errBroken, p)
		}
	}()
	n, err := r.reader.ReadRows(r.buffer)
	if n == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, errEnd
		}
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	values = row{}
	at, last := 0, -1 // which value of the leaf's list
	for _, v := range r.buffer[0] {
		if at++; v.Column() != last {
			at, last = 0, v.Column()
		}
		if to := r.leaves[v.Column()]; to.name != "" && !v.IsNull() {
			values.set(to, at, v)
		}
	}
	return values, nil
}

// skip passes over the first n rows.
func (r *parquetRows) skip(n int64) error { return r.reader.SeekToRow(n) }

// set puts a leaf's value in its place.
func (r row) set(to leaf, at int, v parquet.Value) {
	var value any
	switch {
	case to.bytes:
		value = slices.Clone(v.ByteArray())
	case v.Kind() == parquet.ByteArray:
		value = string(v.ByteArray())
	default:
		value = v.String()
	}
	if !to.list {
		if _, taken := r[to.name]; !to.path || !taken {
			r[to.name] = value
		}
		return
	}
	list, _ := r[to.name].([]any)
	for len(list) <= at {
		list = append(list, nil)
	}
	if !to.path || list[at] == nil {
		list[at] = value
	}
	r[to.name] = list
}

func (r *parquetRows) close() error { return errors.Join(r.reader.Close(), r.file.Close()) }
