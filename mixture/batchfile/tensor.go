package batchfile

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Keys of a field's metadata that name its extension type
// (https://arrow.apache.org/docs/format/CanonicalExtensions.html#fixed-shape-tensor). They are
// written by hand, since an extension type would have to be registered for the whole program.
const (
	extensionName     = "ARROW:extension:name"
	extensionMetadata = "ARROW:extension:metadata"
	fixedShapeTensor  = "arrow.fixed_shape_tensor"
)

// tensorField returns the field of a column of tensors, one a row.
func tensorField(name string, kind arrow.DataType, shape []int) arrow.Field {
	described, _ := json.Marshal(struct { // integers always can be
		Shape []int `json:"shape"`
	}{shape})
	return arrow.Field{
		Name: name, Type: arrow.FixedSizeListOfNonNullable(int32(product(shape)), kind),
		Metadata: arrow.NewMetadata([]string{extensionName, extensionMetadata}, []string{fixedShapeTensor, string(described)}),
	}
}

func product(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// number is what tensors are made of.
type number interface{ int32 | int64 | float32 }

// tensorColumn returns values as a column of rows tensors. It does not copy them.
func tensorColumn[T number](kind arrow.DataType, values []T, rows int) arrow.Array {
	list := arrow.FixedSizeListOfNonNullable(int32(len(values)/rows), kind)
	items := array.NewData(kind, len(values), []*memory.Buffer{nil, memory.NewBufferBytes(bytesOf(values))}, nil, 0, 0)
	defer items.Release()
	lists := array.NewData(list, rows, []*memory.Buffer{nil}, []arrow.ArrayData{items}, 0, 0)
	defer lists.Release()
	return array.NewFixedSizeListData(lists)
}

func bytesOf[T number](values []T) []byte {
	switch v := any(values).(type) {
	case []float32:
		return arrow.Float32Traits.CastToBytes(v)
	case []int32:
		return arrow.Int32Traits.CastToBytes(v)
	case []int64:
		return arrow.Int64Traits.CastToBytes(v)
	}
	return nil
}

// column finds a column by its name.
func column(r arrow.Record, name string) (arrow.Array, error) {
	at := r.Schema().FieldIndices(name)
	if len(at) != 1 {
		return nil, fmt.Errorf("%d columns are named %s, want 1", len(at), name)
	}
	return r.Column(at[0]), nil
}

// readTensors copies the values of a column of tensors.
func readTensors[T number](r arrow.Record, name string, want int) ([]T, error) {
	c, err := column(r, name)
	if err != nil {
		return nil, err
	}
	lists, ok := c.(*array.FixedSizeList)
	if !ok {
		return nil, fmt.Errorf("column %s is %s, want a list of a fixed size", name, c.DataType())
	}
	n := int(lists.DataType().(*arrow.FixedSizeListType).Len())
	from := lists.Data().Offset() * n
	values, err := numbers[T](lists.ListValues())
	if err != nil {
		return nil, fmt.Errorf("column %s: %w", name, err)
	}
	if to := from + lists.Len()*n; to-from != want || to > len(values) || lists.NullN() > 0 {
		return nil, fmt.Errorf("column %s has %d rows of %d values, want %d values in all", name, lists.Len(), n, want)
	}
	return slices.Clone(values[from : from+want]), nil
}

// numbers returns the values of an array, without a copy.
func numbers[T any](a arrow.Array) ([]T, error) {
	var values any
	switch a := a.(type) {
	case *array.Float32:
		values = a.Float32Values()
	case *array.Int32:
		values = a.Int32Values()
	case *array.Int64:
		values = a.Int64Values()
	}
	if typed, ok := values.([]T); ok && a.NullN() == 0 {
		return typed, nil
	}
	var want T
	return nil, fmt.Errorf("%s with %d nulls, want %T without", a.DataType(), a.NullN(), want)
}
