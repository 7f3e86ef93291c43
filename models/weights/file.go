package weights

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/pali3/pali3/internal/npz"
	"github.com/pali3/pali3/internal/safetensors"
)

// Entry describes one tensor of a [File].
type Entry struct {
	// Name, unique in the file.
	Name string
	// DType is the type of the elements, in the letters of safetensors: F64, F32, F16, BF16,
	// F8_E4M3, ..., I64, ..., U8, BOOL.
	DType string
	// Shape as stored. It is empty for a scalar.
	Shape []int
}

// Size returns the number of elements.
func (e Entry) Size() int {
	size := 1
	for _, d := range e.Shape {
		size *= d
	}
	return size
}

// Bytes returns the memory that the elements take in the file, uncompressed.
func (e Entry) Bytes() int64 {
	width, _ := safetensors.DType(e.DType).Size()
	return int64(width) * int64(e.Size())
}

// File is an open file or folder of tensors. Its methods may be called concurrently, but none after
// Close.
type File struct {
	path     string
	tensors  []tensor // sorted by name
	index    map[string]int
	metadata map[string]string
	ignored  []Named
	added    []Named
	sources  []io.Closer
}

// tensor is a tensor of a file, or one computed from several.
type tensor struct {
	Entry
	// from names the tensors of the file itself that this one is made of.
	from []string
	// floats reads the elements. It is an error if they are not floating-point numbers.
	floats func() ([]float32, error)
	// part reads n elements from the given one on, without reading the others where possible.
	part func(from, n int) ([]float32, error)
	// raw reads the elements as stored, little-endian. It is nil for a computed tensor.
	raw func() ([]byte, error)
}

// Named is a name and what there is to say about it.
type Named struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Path returns the path that was opened.
func (f *File) Path() string { return f.path }

// Entries returns the tensors, sorted by name.
func (f *File) Entries() []Entry {
	entries := make([]Entry, len(f.tensors))
	for i, t := range f.tensors {
		entries[i] = t.Entry
	}
	return entries
}

// Entry returns the tensor of the given name.
func (f *File) Entry(name string) (Entry, bool) {
	t, ok := f.tensor(name)
	return t.Entry, ok
}

func (f *File) tensor(name string) (tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return tensor{}, false
	}
	return f.tensors[i], true
}

// Float32 reads a tensor of floating-point numbers. All are exact, but for F64, which is rounded.
func (f *File) Float32(name string) ([]float32, error) {
	t, ok := f.tensor(name)
	if !ok {
		return nil, fmt.Errorf("reading %s: it has no tensor %q", f.path, name)
	}
	return t.floats()
}

// Metadata returns the strings that a safetensors file has under "__metadata__".
func (f *File) Metadata() map[string]string { return maps.Clone(f.metadata) }

// Ignored lists the tensors that are in the file but not among its entries, and why.
func (f *File) Ignored() []Named { return slices.Clone(f.ignored) }

// Added lists the entries that the file does not hold but implies, such as an identity, and why.
func (f *File) Added() []Named { return slices.Clone(f.added) }

// Close closes the file.
func (f *File) Close() error {
	var all error
	for _, source := range f.sources {
		all = errors.Join(all, source.Close())
	}
	f.sources = nil
	return all
}

// view returns a file of other tensors that reads from f, and that need not be closed.
func (f *File) view(tensors []tensor) (*File, error) {
	v := &File{path: f.path, metadata: f.metadata, ignored: slices.Clone(f.ignored), added: slices.Clone(f.added)}
	if err := v.keep(tensors); err != nil {
		return nil, fmt.Errorf("reading %s: %w", f.path, err)
	}
	return v, nil
}

// keep sets the tensors of a file. It is an error if two have the same name.
func (f *File) keep(tensors []tensor) error {
	f.tensors = slices.SortedFunc(slices.Values(tensors), func(a, b tensor) int { return cmp.Compare(a.Name, b.Name) })
	f.index = make(map[string]int, len(tensors))
	for i, t := range f.tensors {
		if before, twice := f.index[t.Name]; twice {
			return fmt.Errorf("%q and %q are both the tensor %s", f.tensors[before].from, t.from, t.Name)
		}
		f.index[t.Name] = i
	}
	return nil
}

// addSafetensors adds the tensors of a file for which take is true.
func (f *File) addSafetensors(file *safetensors.File, take func(name string) bool) (added []tensor) {
	f.sources = append(f.sources, file)
	for _, e := range file.Entries() {
		if !take(e.Name) {
			continue
		}
		added = append(added, tensor{
			Entry:  Entry{e.Name, string(e.DType), e.Shape},
			from:   []string{e.Name},
			floats: func() ([]float32, error) { return file.Float32(e.Name) },
			part:   func(from, n int) ([]float32, error) { return file.Float32Part(e.Name, from, n) },
			raw:    func() ([]byte, error) { return file.Bytes(e.Name) },
		})
	}
	return added
}

// openSafetensors opens one file.
func openSafetensors(path string) (*File, error) {
	file, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, metadata: file.Metadata()}
	return f, f.keep(f.addSafetensors(file, func(string) bool { return true }))
}

// openNPZ opens an archive of numpy.
func openNPZ(path string) (*File, error) {
	file, err := npz.Open(path)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, sources: []io.Closer{file}}
	for _, name := range file.Others() {
		f.ignored = append(f.ignored, Named{name, "it is not a .npy array"})
	}
	var all []tensor
	for _, e := range file.Entries() {
		all = append(all, tensor{
			Entry:  Entry{e.Name, string(e.DType), e.Shape},
			from:   []string{e.Name},
			floats: func() ([]float32, error) { return file.Float32(e.Name) },
			part:   func(from, n int) ([]float32, error) { return file.Float32Part(e.Name, from, n) },
			raw:    func() ([]byte, error) { return file.Bytes(e.Name) },
		})
	}
	return f, f.keep(all)
}
