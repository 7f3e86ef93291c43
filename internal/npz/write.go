package npz

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
	"github.com/pali3/pali3/internal/safetensors"
)

// Array is an array of float32 to be written.
type Array struct {
	// Name without ".npy". It may have slashes.
	Name  string
	Shape []int
	// Values returns the elements in C order. It is called once, when the array is written.
	Values func() ([]float32, error)
}

// Write writes an archive as numpy.savez does, uncompressed. It appears once it is complete.
func Write(path string, arrays []Array) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		archive := zip.NewWriter(w)
		for _, a := range arrays {
			if err := a.write(archive); err != nil {
				return fmt.Errorf("writing %s: array %s: %w", path, a.Name, err)
			}
		}
		return archive.Close()
	})
}

func (a Array) write(archive *zip.Writer) error {
	values, err := a.Values()
	if err != nil {
		return err
	}
	size := 1
	for _, n := range a.Shape {
		size *= n
	}
	if size != len(values) {
		return fmt.Errorf("%d elements for shape %v", len(values), a.Shape)
	}
	member, err := archive.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
	if err != nil {
		return err
	}
	if _, err := member.Write(npyHeader(a.Shape)); err != nil {
		return err
	}
	_, err = member.Write(safetensors.Float32Bytes(values))
	return err
}

// npyHeader returns what precedes the elements: magic, version 1.0, the length of the description,
// the description, and spaces up to a multiple of 64 bytes (numpy lib/format.py).
func npyHeader(shape []int) []byte {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = fmt.Sprint(n)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", tuple)
	const before = 10
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n"
	header := append([]byte("\x93NUMPY\x01\x00"), binary.LittleEndian.AppendUint16(nil, uint16(len(text)))...)
	return append(header, text...)
}
