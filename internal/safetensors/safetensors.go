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
// Errors name the file and the tensor. No field of a file makes the reader allocate more memory
// than the size of the file.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"

	"github.com/cespare/xxhash/v2"

	"github.com/pali3/pali3/internal/jsonerr"
)

// maxHeader is the reference implementation's limit for a header, in bytes.
const maxHeader = 100_000_000

const metadataKey = "__metadata__"

// Entry describes one tensor of a file.
type Entry struct {
	Name  string
	DType DType
	Shape []int

	begin, end int64 // of the bytes, from the end of the header
}

// File is an open safetensors file. Its methods may be called concurrently.
type File struct {
	path     string
	file     *os.File
	data     int64 // where the tensors' bytes begin
	entries  []Entry
	index    map[string]int
	metadata map[string]string
}

// Open opens a file and checks its header: the bytes of each tensor lie in the file and match its
// shape and type, and all tensors together fill the file without holes.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
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

func (f *File) readHeader() error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	var length [8]byte
	if _, err := io.ReadFull(f.file, length[:]); err != nil {
		return fmt.Errorf("the file has %d bytes, too few for a header", info.Size())
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || n > uint64(info.Size()-8) {
		return fmt.Errorf("the header claims %d bytes in a file of %d: not a safetensors file, or cut short", n, info.Size())
	}
	header := make([]byte, n)
	if _, err := io.ReadFull(f.file, header); err != nil {
		return fmt.Errorf("reading the header: %w", err)
	}
	f.data = 8 + int64(n)
	return f.parseHeader(header, info.Size()-f.data)
}

// parseHeader fills entries, index and metadata from the header of a file with size bytes of
// tensors.
func (f *File) parseHeader(header []byte, size int64) error {
	var raw map[string]json.RawMessage
	if err := jsonerr.Explain(json.Unmarshal(header, &raw)); err != nil {
		return fmt.Errorf("the header is not JSON: %w", err)
	}
	for name, value := range raw {
		if name == metadataKey {
			if err := jsonerr.Explain(json.Unmarshal(value, &f.metadata)); err != nil {
				return fmt.Errorf("%s: %w", metadataKey, err)
			}
			continue
		}
		entry, err := parseEntry(name, value, size)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		f.entries = append(f.entries, entry)
	}
	sort.Slice(f.entries, func(i, j int) bool {
		a, b := f.entries[i], f.entries[j]
		return a.begin < b.begin || a.begin == b.begin && (a.end < b.end || a.end == b.end && a.Name < b.Name)
	})
	at := int64(0)
	for i, e := range f.entries {
		if e.begin != at {
			return fmt.Errorf("tensor %q begins at %d, the one before it ends at %d", e.Name, e.begin, at)
		}
		at = e.end
		f.index[e.Name] = i
	}
	if at != size {
		return fmt.Errorf("the tensors end at byte %d, the file's data at %d", at, size)
	}
	return nil
}

func parseEntry(name string, value []byte, size int64) (Entry, error) {
	var parsed struct {
		DType   DType    `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.DisallowUnknownFields()
	if err := jsonerr.Explain(decoder.Decode(&parsed)); err != nil {
		return Entry{}, err
	}
	width, known := parsed.DType.Size()
	if !known {
		return Entry{}, fmt.Errorf("dtype %q is not supported", string(parsed.DType))
	}
	begin, end := parsed.Offsets[0], parsed.Offsets[1]
	if begin < 0 || end < begin || end > size {
		return Entry{}, fmt.Errorf("bytes %d to %d do not lie in the file, whose data has %d: cut short?", begin, end, size)
	}
	if want, ok := byteCount(parsed.Shape, width, size); !ok || want != end-begin {
		return Entry{}, fmt.Errorf("shape %v of %s does not take the %d bytes given", parsed.Shape, parsed.DType, end-begin)
	}
	return Entry{Name: name, DType: parsed.DType, Shape: parsed.Shape, begin: begin, end: end}, nil
}

// byteCount returns the bytes of a shape, and false if that is more than limit or a dimension is
// negative.
func byteCount(shape []int, width int, limit int64) (int64, bool) {
	if slices.Contains(shape, 0) {
		return 0, true
	}
	count := int64(width)
	for _, d := range shape {
		if d < 0 || int64(d) > limit/count {
			return 0, false
		}
		count *= int64(d)
	}
	return count, true
}

// Bytes reads a tensor's bytes and verifies its checksum if the file has one.
func (f *File) Bytes(name string) ([]byte, error) {
	entry, ok := f.Entry(name)
	if !ok {
		return nil, fmt.Errorf("reading %s: it has no tensor %q", f.path, name)
	}
	content := make([]byte, entry.end-entry.begin)
	if _, err := f.file.ReadAt(content, f.data+entry.begin); err != nil {
		return nil, fmt.Errorf("reading %s: tensor %q: %w", f.path, name, err)
	}
	if want, ok := f.metadata[checksumKey(name)]; ok && want != checksum(xxhash.Sum64(content)) {
		return nil, fmt.Errorf("reading %s: tensor %q: its bytes do not have the checksum %s noted: the file is damaged", f.path, name, want)
	}
	return content, nil
}
