package arrow

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/pali3/pali3/shards/format/mapping"
)

// maxElements is how many numbers of one list are looked at. A longer one is an array, which no
// record shows.
const maxElements = 1 << 16

// value returns a value as package mapping has it: text as string, binary as []byte, lists as
// []any, structs and maps as map[string]any. A list of bytes, as numbers, is binary.
func value(a arrow.Array, i int) any {
	if a.IsNull(i) {
		return nil
	}
	switch a := a.(type) {
	case *array.Null:
		return nil
	case *array.String:
		return string([]byte(a.Value(i)))
	case *array.LargeString:
		return string([]byte(a.Value(i)))
	case *array.StringView:
		return string([]byte(a.Value(i)))
	case *array.Binary:
		return bytes.Clone(a.Value(i))
	case *array.LargeBinary:
		return bytes.Clone(a.Value(i))
	case *array.BinaryView:
		return bytes.Clone(a.Value(i))
	case *array.FixedSizeBinary:
		return bytes.Clone(a.Value(i))
	case *array.Dictionary:
		return value(a.Dictionary(), a.GetValueIndex(i))
	case *array.RunEndEncoded:
		return value(a.Values(), a.GetPhysicalIndex(i))
	case array.ExtensionArray:
		return value(a.Storage(), i)
	case *array.Timestamp:
		return a.Value(i).ToTime(a.DataType().(*arrow.TimestampType).Unit).UTC()
	case *array.Struct:
		fields := map[string]any{}
		for n, f := range a.DataType().(*arrow.StructType).Fields() {
			fields[f.Name] = value(a.Field(n), i)
		}
		return fields
	case *array.Map:
		entries := map[string]any{}
		from, to := a.ValueOffsets(i)
		for n := from; n < to; n++ {
			entries[fmt.Sprint(value(a.Keys(), int(n)))] = value(a.Items(), int(n))
		}
		return entries
	case array.ListLike:
		return listOf(a, i)
	}
	if n, ok := numberOf(a, i); ok {
		return n
	}
	return a.ValueStr(i)
}

// numberOf returns a number or truth value.
func numberOf(a arrow.Array, i int) (any, bool) {
	switch a := a.(type) {
	case *array.Int8:
		return a.Value(i), true
	case *array.Int16:
		return a.Value(i), true
	case *array.Int32:
		return a.Value(i), true
	case *array.Int64:
		return a.Value(i), true
	case *array.Uint8:
		return a.Value(i), true
	case *array.Uint16:
		return a.Value(i), true
	case *array.Uint32:
		return a.Value(i), true
	case *array.Uint64:
		return a.Value(i), true
	case *array.Float16:
		return a.Value(i).Float32(), true
	case *array.Float32:
		return a.Value(i), true
	case *array.Float64:
		return a.Value(i), true
	case *array.Boolean:
		return a.Value(i), true
	}
	return nil, false
}

// listOf returns the elements of a list.
func listOf(a array.ListLike, i int) any {
	from, to := a.ValueOffsets(i)
	elements := a.ListValues()
	switch inner := elements.(type) {
	case *array.Uint8:
		if from < 0 || to > int64(inner.Len()) || from > to {
			return mapping.Unread("a list out of bounds")
		}
		content := make([]byte, 0, to-from)
		for n := from; n < to; n++ {
			content = append(content, inner.Value(int(n)))
		}
		return content
	}
	if _, nested := elements.(array.ListLike); to-from > maxElements && !nested {
		return mapping.Unread(fmt.Sprintf("a list of %d values", to-from))
	}
	list := make([]any, 0, max(0, min(to-from, int64(elements.Len()))))
	for n := from; n < to; n++ {
		list = append(list, value(elements, int(n)))
	}
	return list
}

// Columns returns the columns of a stream or a file.
func Columns(f File) (columns []mapping.Column, err error) {
	schema, end, err := schemaOf(f)
	if err != nil {
		return nil, err
	}
	defer end()
	return columnsOf(schema.Fields()), nil
}

func columnsOf(fields []arrow.Field) []mapping.Column {
	columns := make([]mapping.Column, 0, len(fields))
	names := columnNames(fields)
	for i, f := range fields {
		columns = append(columns, columnOf(names[i], f.Type))
	}
	return columns
}

// columnNames returns the names of columns. Arrow allows two of one name: the second is called
// name#2.
func columnNames(fields []arrow.Field) []string {
	names, times := make([]string, len(fields)), make(map[string]int, len(fields))
	for i, f := range fields {
		names[i] = f.Name
		if times[f.Name]++; times[f.Name] > 1 {
			names[i] = fmt.Sprintf("%s#%d", f.Name, times[f.Name])
		}
	}
	return names
}

func columnOf(name string, t arrow.DataType) mapping.Column {
	c := mapping.Column{Name: name}
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		c.Type = mapping.Text
	case *arrow.BinaryType, *arrow.LargeBinaryType, *arrow.BinaryViewType, *arrow.FixedSizeBinaryType:
		c.Type = mapping.Bytes
	case *arrow.DictionaryType:
		return columnOf(name, t.ValueType)
	case *arrow.RunEndEncodedType:
		return columnOf(name, t.Encoded())
	case arrow.ExtensionType:
		return columnOf(name, t.StorageType())
	case *arrow.StructType:
		c.Type, c.Fields = mapping.Struct, columnsOf(t.Fields())
		if isImage(t) {
			c.Type, c.Fields = mapping.Image, nil
		}
	case *arrow.MapType:
		c.Type = mapping.Struct
	case arrow.ListLikeType:
		if t.Elem().ID() == arrow.UINT8 {
			return mapping.Column{Name: name, Type: mapping.Bytes}
		}
		c = columnOf(name, t.Elem())
		c.List = true
	}
	return c
}

// isImage reports whether a struct is Hugging Face's image.
func isImage(t *arrow.StructType) bool {
	_, hasBytes := t.FieldByName("bytes")
	_, hasPath := t.FieldByName("path")
	return hasBytes && hasPath && t.NumFields() == 2
}
