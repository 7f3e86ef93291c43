// Package safetensors reads and writes the file format of model weights that transformers uses
// (github.com/huggingface/safetensors, "Format"):
//
//	 0        8              8+N                       end
//	┌────────┬──────────────┬─────────────────────────┐
//	│ N      │ header, JSON │ the tensors' bytes      │
//	│ uint64 │ N bytes      │ little-endian, no holes │
//	└────────┴──────────────┴─────────────────────────┘
//
// The header maps each tensor's name to {"dtype", "shape", "data_offsets": [begin, end]}, with
// offsets counted from the end of the header, and "__metadata__" to a map of strings. [Write] adds
// a checksum of each tensor's bytes to the metadata, under "xxh64 <name>"; reading verifies it if
// present.
//
// Files are memory-mapped where the system can, so that opening one costs only its header. Errors
// name the file and the tensor. No field of a file makes the reader allocate more memory than the
// header takes, or a tensor's elements when they are read.
package safetensors

import (
	"fmt"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/internal/mapfile"
)

// Entry describes one tensor of a file.
type Entry struct {
	Name  string
	DType DType
	Shape []int

	begin, end int64 // of the bytes, from the end of the header
}

// Bytes returns the size of the tensor in the file.
func (e Entry) Bytes() int64 { return e.end - e.begin }

// Elements returns the number of elements.
func (e Entry) Elements() int {
	width, _ := e.DType.Size()
	return int(e.Bytes()) / width
}

// File is an open safetensors file. Its methods may be called concurrently, but none after Close.
type File struct {
	path     string
	file     *mapfile.File
	data     int64 // where the tensors' bytes begin
	entries  []Entry
	index    map[string]int
	metadata map[string]string
	verified sync.Map // names of tensors whose checksum [File.Float32Part] has verified
}

// Open opens a file and checks its header: the bytes of each tensor lie in the file and match its
// shape and type, and all tensors together fill the file without holes.
func Open(path string) (*File, error) {
	file, err := mapfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening weights: %w", err)
	}
	f := &File{path: path, file: file, index: map[string]int{}}
	if err := f.readHeader(); err != nil {
		file.Close()
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Path returns the file's path.
func (f *File) Path() string { return f.path }

// Entries returns the tensors in the order of their bytes.
func (f *File) Entries() []Entry { return f.entries }

// Metadata returns the strings under "__metadata__", without the checksums.
func (f *File) Metadata() map[string]string {
	kept := map[string]string{}
	for key, value := range f.metadata {
		if !isChecksum(key) {
			kept[key] = value
		}
	}
	return kept
}

// Entry returns the tensor of the given name.
func (f *File) Entry(name string) (Entry, bool) {
	i, ok := f.index[name]
	if !ok {
		return Entry{}, false
	}
	return f.entries[i], true
}

func (f *File) known(name string) (Entry, error) {
	entry, ok := f.Entry(name)
	if !ok {
		return Entry{}, fmt.Errorf("reading %s: it has no tensor %q", f.path, name)
	}
	return entry, nil
}

// Bytes reads a tensor's bytes and verifies its checksum if the file has one.
func (f *File) Bytes(name string) ([]byte, error) {
	entry, err := f.known(name)
	if err != nil {
		return nil, err
	}
	content := make([]byte, 0, entry.Bytes())
	err = f.each(entry, func(part []byte) { content = append(content, part...) })
	return content, err
}

// Part passes n bytes of a tensor, from the given one on, to visit, in pieces that are valid until
// it returns. It verifies no checksum: that of the tensor is over all of its bytes.
func (f *File) Part(name string, from, n int64, visit func([]byte) error) error {
	entry, err := f.known(name)
	if err != nil {
		return err
	}
	if from < 0 || n < 0 || from > entry.Bytes()-n {
		return fmt.Errorf("reading %s: tensor %q has no bytes %d to %d, only %d", f.path, name, from, from+n, entry.Bytes())
	}
	if err := f.file.Each(f.data+entry.begin+from, n, visit); err != nil {
		return fmt.Errorf("reading %s: tensor %q: %w", f.path, name, err)
	}
	return nil
}

// each passes a tensor's bytes to visit, in pieces of whole elements, and then verifies the
// checksum if the file has one.
func (f *File) each(entry Entry, visit func([]byte)) error {
	want, summed := f.metadata[checksumKey(entry.Name)]
	sum := xxhash.New()
	err := f.file.Each(f.data+entry.begin, entry.Bytes(), func(part []byte) error {
		if summed {
			sum.Write(part)
		}
		visit(part)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading %s: tensor %q: %w", f.path, entry.Name, err)
	}
	if summed && want != checksum(sum.Sum64()) {
		return fmt.Errorf("reading %s: tensor %q: its bytes do not have the checksum %s noted: the file is damaged", f.path, entry.Name, want)
	}
	return nil
}
