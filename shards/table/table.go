// Package table reads the rows of any Parquet file, whoever wrote it: every compression (snappy, zstd, gzip,
// lz4, brotli), encoding and page version, nested lists, structs and maps, nulls.
//
// [Rows] yields each row as a map of its columns. It knows no samples: packages hf and ingest say which
// column is what.
package table

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/parquet-go/parquet-go"
)

// Row is a row by the names of its columns. A value is nil, bool, int32, int64, float32, float64, string for
// text, []byte for binary, []any for a list, and map[string]any for a struct or a map.
type Row map[string]any

// File is an open Parquet file.
type File struct {
	file *parquet.File
	root *node
}

// node says how the values of a column, or of the columns below it, become one value.
type node struct {
	name                string
	optional, repeated  bool
	kind                kind
	text                bool
	children            []*node
	leaf                int
	defLevel, repLevel  int // of this node
	firstLeaf, lastLeaf int
}

type kind int

const (
	isLeaf kind = iota
	isStruct
	isList // one repeated child
	isMap
)

// maxDepth bounds the nesting of a schema.
const maxDepth = 32

// Open reads a file's footer.
func Open(r io.ReaderAt, size int64) (f *File, err error) {
	defer recovered(&err, "opening the Parquet file")
	file, err := parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, err
	}
	leaf := 0
	root, err := build(file.Root(), &leaf, 0, 0, 0)
	if err != nil {
		return nil, err
	}
	return &File{file, root}, nil
}

func recovered(err *error, doing string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s: damaged: %v", doing, p)
	}
}

func build(c *parquet.Column, leaf *int, def, rep, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("column %s is nested over %d deep", c.Name(), maxDepth)
	}
	n := &node{name: c.Name(), optional: c.Optional(), repeated: c.Repeated(), firstLeaf: *leaf}
	if depth > 0 && !c.Required() {
		def++
	}
	if depth > 0 && c.Repeated() {
		rep++
	}
	n.defLevel, n.repLevel = def, rep
	if c.Leaf() {
		n.leaf = *leaf
		logical := c.Type().LogicalType()
		n.text = logical != nil && logical.String() == parquet.String().Type().LogicalType().String()
		*leaf++
	} else {
		n.kind = isStruct
		for _, child := range c.Columns() {
			built, err := build(child, leaf, def, rep, depth+1)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, built)
		}
		n.group(c)
	}
	n.lastLeaf = *leaf
	return n, nil
}

// group recognises lists and maps: a group of one repeated child.
func (n *node) group(c *parquet.Column) {
	if len(n.children) != 1 || !n.children[0].repeated || n.repeated {
		return
	}
	child := n.children[0]
	logical := ""
	if c.Type() != nil && c.Type().LogicalType() != nil {
		logical = c.Type().LogicalType().String()
	}
	isPair := child.kind == isStruct && len(child.children) == 2
	switch {
	case isPair && (logical == "MAP" || child.name == "key_value" || child.name == "map"):
		n.kind = isMap
	case logical == "LIST" || child.name == "list" || child.name == "element" || child.name == "array" || child.name == "bag":
		n.kind = isList
	}
}

// Len returns the number of rows.
func (f *File) Len() int64 { return f.file.NumRows() }

// Columns returns the names of the columns.
func (f *File) Columns() []string {
	var names []string
	for _, c := range f.root.children {
		names = append(names, c.name)
	}
	return names
}

// Metadata returns a value of the footer's key-value metadata.
func (f *File) Metadata(key string) (string, bool) { return f.file.Lookup(key) }

// Rows yields the rows in order, and ends after an error. One row and the pages it lies in are in memory.
func (f *File) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		n := int64(0)
		for g, group := range f.file.RowGroups() {
			if !f.groupRows(group, &n, func(r Row, err error) bool {
				if err != nil {
					err = fmt.Errorf("row %d, in row group %d: %w", n, g, err)
				}
				return yield(r, err)
			}) {
				return
			}
		}
	}
}

// groupRows yields the rows of a row group; it returns false if no more are wanted.
func (f *File) groupRows(group parquet.RowGroup, n *int64, yield func(Row, error) bool) bool {
	rows := group.Rows()
	defer rows.Close()
	buffer := make([]parquet.Row, 1)
	for {
		row, err := f.next(rows, buffer)
		if errors.Is(err, io.EOF) {
			return true
		}
		if !yield(row, err) || err != nil {
			return false
		}
		*n++
	}
}

func (f *File) next(rows parquet.Rows, buffer []parquet.Row) (row Row, err error) {
	defer recovered(&err, "reading")
	read, err := rows.ReadRows(buffer)
	if read == 0 {
		if err == nil {
			err = io.EOF
		}
		return nil, err
	}
	leaves := make([][]parquet.Value, f.root.lastLeaf)
	for _, v := range buffer[0] {
		leaves[v.Column()] = append(leaves[v.Column()], v)
	}
	value := f.root.structure(leaves)
	return Row(value), nil
}

// value builds the value of a node from the values of its leaves, those of one parent.
func (n *node) value(leaves [][]parquet.Value) any {
	if n.optional && n.isNull(leaves) {
		return nil
	}
	switch n.kind {
	case isList:
		return n.children[0].elements(leaves, func(leaves [][]parquet.Value) any {
			child := n.children[0]
			if child.kind == isStruct && len(child.children) == 1 && (child.name == "list" || child.name == "bag" || child.name == "array") {
				return child.children[0].value(leaves)
			}
			return child.plain(leaves)
		})
	case isMap:
		entries := map[string]any{}
		pair := n.children[0]
		for _, e := range pair.elements(leaves, func(leaves [][]parquet.Value) any {
			return [2]any{pair.children[0].value(leaves), pair.children[1].value(leaves)}
		}) {
			entries[fmt.Sprint(e.([2]any)[0])] = e.([2]any)[1]
		}
		return entries
	}
	if n.repeated {
		return n.elements(leaves, n.plain)
	}
	return n.plain(leaves)
}

// plain is the value without regard to its being optional or repeated.
func (n *node) plain(leaves [][]parquet.Value) any {
	if n.kind == isLeaf {
		return n.scalar(leaves[n.leaf][0])
	}
	if n.kind != isStruct {
		return n.value(leaves)
	}
	return n.structure(leaves)
}

func (n *node) structure(leaves [][]parquet.Value) map[string]any {
	fields := make(map[string]any, len(n.children))
	for _, c := range n.children {
		fields[c.name] = c.value(leaves)
	}
	return fields
}

// isNull reports whether the node's own definition level is not reached.
func (n *node) isNull(leaves [][]parquet.Value) bool {
	return n.firstLeaf < n.lastLeaf && (len(leaves[n.firstLeaf]) == 0 || leaves[n.firstLeaf][0].DefinitionLevel() < n.defLevel)
}

// elements cuts the leaves of a repeated node where it repeats and builds each element.
func (n *node) elements(leaves [][]parquet.Value, build func([][]parquet.Value) any) []any {
	all := []any{}
	if n.isNull(leaves) {
		return all
	}
	left := make([][]parquet.Value, len(leaves))
	copy(left, leaves)
	for len(left[n.firstLeaf]) > 0 {
		one := make([][]parquet.Value, len(leaves))
		for i := n.firstLeaf; i < n.lastLeaf; i++ {
			end := min(1, len(left[i]))
			for end < len(left[i]) && left[i][end].RepetitionLevel() > n.repLevel {
				end++
			}
			one[i], left[i] = left[i][:end], left[i][end:]
		}
		all = append(all, build(one))
	}
	return all
}

func (n *node) scalar(v parquet.Value) any {
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return v.Int32()
	case parquet.Int64:
		return v.Int64()
	case parquet.Float:
		return v.Float()
	case parquet.Double:
		return v.Double()
	case parquet.ByteArray, parquet.FixedLenByteArray:
		if n.text {
			return string(v.ByteArray())
		}
		return append([]byte{}, v.ByteArray()...)
	}
	if v.IsNull() {
		return nil
	}
	return v.String()
}
