package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// DType is an element type as written in the header.
type DType string

// The element types of the format. Types of less than a byte (F4, F6_E2M3, F6_E3M2) are not read.
const (
	F64       DType = "F64"
	F32       DType = "F32"
	F16       DType = "F16"
	BF16      DType = "BF16"
	F8E4M3    DType = "F8_E4M3"     // torch.float8_e4m3fn
	F8E5M2    DType = "F8_E5M2"     // torch.float8_e5m2
	F8E4M3UZ  DType = "F8_E4M3FNUZ" // torch.float8_e4m3fnuz
	F8E5M2UZ  DType = "F8_E5M2FNUZ" // torch.float8_e5m2fnuz
	F8E8M0    DType = "F8_E8M0"     // torch.float8_e8m0fnu, a power of two
	I64       DType = "I64"
	I32       DType = "I32"
	I16       DType = "I16"
	I8        DType = "I8"
	U64       DType = "U64"
	U32       DType = "U32"
	U16       DType = "U16"
	U8        DType = "U8"
	Bool      DType = "BOOL"
	Complex64 DType = "C64"
)

// Size returns the bytes of an element, and false for an unsupported type.
func (d DType) Size() (int, bool) {
	switch d {
	case F64, I64, U64, Complex64:
		return 8, true
	case F32, I32, U32:
		return 4, true
	case F16, BF16, I16, U16:
		return 2, true
	case F8E4M3, F8E5M2, F8E4M3UZ, F8E5M2UZ, F8E8M0, I8, U8, Bool:
		return 1, true
	}
	return 0, false
}

// Floating reports whether the elements are floating-point numbers, which [File.Float32] reads.
func (d DType) Floating() bool {
	switch d {
	case F64, F32, F16, BF16, F8E4M3, F8E5M2, F8E4M3UZ, F8E5M2UZ, F8E8M0:
		return true
	}
	return false
}

// AppendFloat32 converts whole little-endian elements of a floating-point type. The conversion is
// exact, but for F64, which is rounded to the nearest float32.
func (d DType) AppendFloat32(values []float32, content []byte) []float32 {
	width, _ := d.Size()
	before, n := len(values), len(content)/width
	values = slices.Grow(values, n)[:before+n]
	d.toFloat32(values[before:], content[:n*width])
	return values
}

// toFloat32 converts len(to) elements.
func (d DType) toFloat32(to []float32, content []byte) {
	le := binary.LittleEndian
	switch d {
	case F32:
		for i := range to {
			to[i] = math.Float32frombits(le.Uint32(content[4*i : 4*i+4]))
		}
	case F64:
		for i := range to {
			to[i] = float32(math.Float64frombits(le.Uint64(content[8*i : 8*i+8])))
		}
	case BF16:
		for i := range to {
			to[i] = math.Float32frombits(uint32(le.Uint16(content[2*i:2*i+2])) << 16)
		}
	case F16:
		for i := range to {
			half := le.Uint16(content[2*i : 2*i+2])
			to[i] = float16ToFloat32(half)
		}
	default:
		table := eightBits(d)
		for i, b := range content {
			to[i] = table[b]
		}
	}
}

// floats returns the tensor of a name, which holds floating-point numbers.
func (f *File) floats(name string) (Entry, error) {
	entry, err := f.known(name)
	if err == nil && !entry.DType.Floating() {
		err = fmt.Errorf("reading %s: tensor %q holds %s, not floating-point numbers", f.path, name, entry.DType)
	}
	return entry, err
}

// Float32 reads a tensor of floating-point numbers, as [DType.AppendFloat32] converts them.
func (f *File) Float32(name string) ([]float32, error) {
	entry, err := f.floats(name)
	if err != nil {
		return nil, err
	}
	values := make([]float32, 0, entry.Elements())
	err = f.each(entry, func(content []byte) { values = entry.DType.AppendFloat32(values, content) })
	return values, err
}

// Float32Part reads n elements of a tensor of floating-point numbers, from the given one on. The
// first part read of a tensor verifies the checksum of the whole.
func (f *File) Float32Part(name string, from, n int) ([]float32, error) {
	entry, err := f.floats(name)
	if err != nil {
		return nil, err
	}
	if from < 0 || n < 0 || from > entry.Elements()-n {
		return nil, fmt.Errorf("reading %s: tensor %q has no elements %d to %d, only %d", f.path, name, from, from+n, entry.Elements())
	}
	if _, done := f.verified.Load(name); !done {
		if err := f.each(entry, func([]byte) {}); err != nil {
			return nil, err
		}
		f.verified.Store(name, true)
	}
	width, _ := entry.DType.Size()
	values := make([]float32, 0, n)
	err = f.file.Each(f.data+entry.begin+int64(from*width), int64(n*width), func(content []byte) error {
		values = entry.DType.AppendFloat32(values, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: tensor %q: %w", f.path, name, err)
	}
	return values, nil
}

// Int32 reads a tensor of integers. It is an error if an I64 element does not fit into int32.
func (f *File) Int32(name string) ([]int32, error) {
	entry, err := f.known(name)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	values := make([]int32, 0, entry.Elements())
	outside := ""
	switch entry.DType {
	case I32:
		err = f.each(entry, func(content []byte) {
			for ; len(content) >= 4; content = content[4:] {
				values = append(values, int32(le.Uint32(content)))
			}
		})
	case U8, Bool:
		err = f.each(entry, func(content []byte) {
			for _, b := range content {
				values = append(values, int32(b))
			}
		})
	case I64:
		err = f.each(entry, func(content []byte) {
			for ; len(content) >= 8; content = content[8:] {
				v := int64(le.Uint64(content))
				if int64(int32(v)) != v && outside == "" {
					outside = fmt.Sprintf("element %d is %d, too large for int32", len(values), v)
				}
				values = append(values, int32(v))
			}
		})
	default:
		err = fmt.Errorf("reading %s: tensor %q holds %s, not I64, I32, U8 or BOOL", f.path, name, entry.DType)
	}
	if err == nil && outside != "" {
		err = fmt.Errorf("reading %s: tensor %q: %s", f.path, name, outside)
	}
	if err != nil {
		return nil, err
	}
	return values, nil
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
