package npz

import (
	"archive/zip"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

const (
	// piece is how many bytes are decompressed at once, a multiple of every element's size.
	piece = 1 << 18
	// firstElements is how many elements are allocated before the first is read. More follow as
	// they are decompressed, so that a header alone allocates nothing.
	firstElements = 1 << 16
)

// Float32 reads an array of floating-point numbers, in C order. Numbers of 8 bytes are rounded to
// the nearest float32; the others are exact.
func (f *File) Float32(name string) ([]float32, error) {
	e, err := f.known(name)
	if err != nil {
		return nil, err
	}
	if !e.DType.Floating() {
		return nil, fmt.Errorf("reading %s: array %q holds %s, not floating-point numbers", f.Path(), name, e.DType)
	}
	values := make([]float32, 0, min(e.Elements(), firstElements))
	if e.offset >= 0 {
		values = slices.Grow(values, e.Elements()) // its bytes are in the file
	}
	if err := f.each(e, func(part []byte) { values = e.DType.AppendFloat32(values, part) }); err != nil {
		return nil, err
	}
	if e.header.fortran {
		values = toC(values, e.Shape, 1)
	}
	return values, nil
}

// Bytes reads an array's elements, little-endian and in C order.
func (f *File) Bytes(name string) ([]byte, error) {
	e, err := f.known(name)
	if err != nil {
		return nil, err
	}
	var content []byte
	if err := f.each(e, func(part []byte) { content = append(content, part...) }); err != nil {
		return nil, err
	}
	if e.header.fortran {
		width, _ := e.DType.Size()
		content = toC(content, e.Shape, width)
	}
	return content, nil
}

func (f *File) known(name string) (Entry, error) {
	e, ok := f.Entry(name)
	if !ok {
		return Entry{}, fmt.Errorf("reading %s: it has no array %q", f.Path(), name)
	}
	return e, nil
}

// each passes an array's elements to visit in pieces, little-endian, in the order of the file, and
// then verifies the zip's checksum.
func (f *File) each(e Entry, visit func([]byte)) error {
	if e.header.bigEndian {
		little := make([]byte, 0, piece)
		inner := visit
		visit = func(part []byte) {
			for p := range slices.Chunk(part, piece) {
				little = append(little[:0], p...)
				swap(little, e.header.width())
				inner(little)
			}
		}
	}
	read := f.eachStored
	if e.offset < 0 {
		read = eachInflated
	}
	if err := read(e, visit); err != nil {
		return fmt.Errorf("reading %s: array %q: %w", f.Path(), e.Name, unexpectedEnd(err))
	}
	return nil
}

// eachStored passes the bytes of a member that is not compressed.
func (f *File) eachStored(e Entry, visit func([]byte)) error {
	sum := crc32.NewIEEE()
	hash := func(part []byte) error { sum.Write(part); return nil }
	if err := f.file.Each(e.offset-int64(e.header.length), int64(e.header.length), hash); err != nil {
		return err
	}
	err := f.file.Each(e.offset, e.Bytes(), func(part []byte) error {
		hash(part)
		visit(part)
		return nil
	})
	if err == nil && sum.Sum32() != e.member.CRC32 {
		return zip.ErrChecksum
	}
	return err
}

func eachInflated(e Entry, visit func([]byte)) error {
	content, err := e.member.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	if _, err := io.CopyN(io.Discard, content, int64(e.header.length)); err != nil {
		return err
	}
	buffer := make([]byte, min(piece, e.Bytes()))
	for left := e.Bytes(); left > 0; {
		part := buffer[:min(left, piece)]
		if _, err := io.ReadFull(content, part); err != nil {
			return err
		}
		visit(part)
		left -= int64(len(part))
	}
	_, err = io.Copy(io.Discard, content) // the end, where the zip's checksum is verified
	return err
}

// swap reverses the bytes of each element.
func swap(content []byte, width int) {
	for at := 0; at+width <= len(content); at += width {
		slices.Reverse(content[at : at+width])
	}
}

// toC reorders an array from Fortran order, the first axis changing fastest, to C order. Each
// element takes unit values.
func toC[T any](from []T, shape []int, unit int) []T {
	if len(shape) < 2 || len(from) == 0 {
		return from
	}
	to := make([]T, len(from))
	strides := make([]int, len(shape)) // of the axes in from
	stride := unit
	for axis, d := range shape {
		strides[axis] = stride
		stride *= d
	}
	position, source := make([]int, len(shape)), 0
	for at := 0; at < len(to); at += unit {
		copy(to[at:at+unit], from[source:source+unit])
		for axis := len(shape) - 1; axis >= 0; axis-- {
			position[axis]++
			source += strides[axis]
			if position[axis] < shape[axis] {
				break
			}
			source -= position[axis] * strides[axis]
			position[axis] = 0
		}
	}
	return to
}
