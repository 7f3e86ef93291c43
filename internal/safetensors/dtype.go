package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// DType is an element type as written in the header.
type DType string

// The element types that this package reads.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// Size returns the bytes of an element, and false for an unsupported type.
func (d DType) Size() (int, bool) {
	size, ok := map[DType]int{F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, Bool: 1}[d]
	return size, ok
}

// Float32 reads a tensor of floating-point numbers, converting F64, F16 and BF16.
func (f *File) Float32(name string) ([]float32, error) {
	content, err := f.Bytes(name)
	if err != nil {
		return nil, err
	}
	entry, _ := f.Entry(name)
	le := binary.LittleEndian
	switch entry.DType {
	case F32:
		return convert(content, 4, func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) }), nil
	case F64:
		return convert(content, 8, func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) }), nil
	case BF16:
		return convert(content, 2, func(b []byte) float32 { return bfloat16.FromBits(le.Uint16(b)).Float32() }), nil
	case F16:
		return convert(content, 2, func(b []byte) float32 { return float16.FromBits(le.Uint16(b)).Float32() }), nil
	}
	return nil, fmt.Errorf("reading %s: tensor %q holds %s, not floating-point numbers", f.path, name, entry.DType)
}

// Int32 reads a tensor of integers. It is an error if an I64 element does not fit into int32.
func (f *File) Int32(name string) ([]int32, error) {
	content, err := f.Bytes(name)
	if err != nil {
		return nil, err
	}
	entry, _ := f.Entry(name)
	le := binary.LittleEndian
	switch entry.DType {
	case I32:
		return convert(content, 4, func(b []byte) int32 { return int32(le.Uint32(b)) }), nil
	case U8, Bool:
		return convert(content, 1, func(b []byte) int32 { return int32(b[0]) }), nil
	case I64:
		wide := convert(content, 8, func(b []byte) int64 { return int64(le.Uint64(b)) })
		narrow := make([]int32, len(wide))
		for i, v := range wide {
			if int64(int32(v)) != v {
				return nil, fmt.Errorf("reading %s: tensor %q: element %d is %d, too large for int32", f.path, name, i, v)
			}
			narrow[i] = int32(v)
		}
		return narrow, nil
	}
	return nil, fmt.Errorf("reading %s: tensor %q holds %s, not integers", f.path, name, entry.DType)
}

func convert[T any](content []byte, width int, one func([]byte) T) []T {
	values := make([]T, len(content)/width)
	for i := range values {
		values[i] = one(content[i*width:])
	}
	return values
}

// Float32Bytes returns the bytes of an F32 tensor.
func Float32Bytes(values []float32) []byte {
	content := make([]byte, 0, 4*len(values))
	for _, v := range values {
		content = binary.LittleEndian.AppendUint32(content, math.Float32bits(v))
	}
	return content
}

// Int32Bytes returns the bytes of an I32 tensor.
func Int32Bytes(values []int32) []byte {
	content := make([]byte, 0, 4*len(values))
	for _, v := range values {
		content = binary.LittleEndian.AppendUint32(content, uint32(v))
	}
	return content
}
