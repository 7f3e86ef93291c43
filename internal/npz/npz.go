// Package npz reads the archives of arrays that numpy.savez and numpy.savez_compressed write, such
// as big_vision's checkpoints: a zip file with one .npy member per array (numpy/lib/format.py).
//
// It reads floating-point numbers, integers and booleans, in C and in Fortran order, little- and
// big-endian, and the bfloat16 that numpy writes as two raw bytes ('|V2'). It does not read pickled
// objects.
//
// Errors name the file and the array. No field of a file makes the reader allocate more memory than
// the compressed bytes give.
package npz

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/pali3/pali3/internal/mapfile"
	"github.com/pali3/pali3/internal/safetensors"
)

// Entry describes one array of a file.
type Entry struct {
	// Name of the member, without ".npy": "params/img/embedding/kernel".
	Name  string
	DType safetensors.DType
	Shape []int

	header header
	member *zip.File
	offset int64 // of a stored member's content in the file, -1 for a compressed one
}

// Bytes returns the size of the array when it is decompressed.
func (e Entry) Bytes() int64 { return e.header.bytes }

// Elements returns the number of elements.
func (e Entry) Elements() int { return e.header.elements() }

// File is an open archive. Its methods may be called concurrently, but none after Close.
type File struct {
	file    *mapfile.File
	entries []Entry
	index   map[string]int
	others  []string

	// Of arrays that Float32Part reads.
	verified sync.Map // names of stored arrays whose checksum is verified
	inflated sync.Map // name -> *parts, of other arrays
}

// Open opens an archive and reads the headers of its arrays.
func Open(path string) (*File, error) {
	file, err := mapfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening weights: %w", err)
	}
	f := &File{file: file, index: map[string]int{}}
	if err := f.readDirectory(); err != nil {
		file.Close()
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// Path returns the file's path.
func (f *File) Path() string { return f.file.Path() }

// Entries returns the arrays in the order of the archive.
func (f *File) Entries() []Entry { return f.entries }

// Others returns the names of the members that are not arrays, which are not read.
func (f *File) Others() []string { return f.others }

// Entry returns the array of the given name.
func (f *File) Entry(name string) (Entry, bool) {
	i, ok := f.index[name]
	if !ok {
		return Entry{}, false
	}
	return f.entries[i], true
}

func (f *File) readDirectory() error {
	archive, err := zip.NewReader(f.file, f.file.Size())
	if errors.Is(err, zip.ErrFormat) {
		return errors.New("not a zip file, or cut short: numpy.savez writes .npz files as zip")
	}
	if err != nil {
		return fmt.Errorf("the zip directory: %w", err)
	}
	names := map[string]bool{}
	for _, member := range archive.File {
		if names[member.Name] {
			return fmt.Errorf("two members are named %q", member.Name)
		}
		names[member.Name] = true
		if len(member.Name) > maxName {
			return fmt.Errorf("a member's name has %d bytes, more than %d: it begins with %q", len(member.Name), maxName, member.Name[:40])
		}
		name, isArray := strings.CutSuffix(member.Name, ".npy")
		if !isArray {
			f.others = append(f.others, member.Name)
			continue
		}
		entry, err := openMember(member)
		if err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
		entry.Name = name
		f.index[name] = len(f.entries)
		f.entries = append(f.entries, entry)
	}
	if len(f.entries) == 0 {
		return fmt.Errorf("none of the zip's %d members is an array (.npy)", len(archive.File))
	}
	return f.checkOverlap(archive.File)
}

// maxName is the most bytes of an array's name.
const maxName = 4096

// maxRatio is more than deflate can compress: 258 bytes take 2 bits.
const maxRatio = 1032

// openMember checks what the directory says of a member, and reads the array's header.
func openMember(member *zip.File) (Entry, error) {
	packed, size := member.CompressedSize64, member.UncompressedSize64
	switch {
	case member.Flags&1 != 0:
		return Entry{}, errors.New("it is encrypted")
	case member.Method == zip.Store && packed != size:
		return Entry{}, fmt.Errorf("it is stored as it is, in %d bytes, but has %d", packed, size)
	case member.Method == zip.Deflate && size/maxRatio > packed:
		return Entry{}, fmt.Errorf("it claims to hold %d bytes in %d, more than deflate can", size, packed)
	case member.Method != zip.Store && member.Method != zip.Deflate:
		return Entry{}, fmt.Errorf("zip method %d is not supported: numpy stores (0) or deflates (8)", member.Method)
	}
	content, err := member.Open()
	if err != nil {
		return Entry{}, err
	}
	defer content.Close()
	h, err := readHeader(content)
	if err != nil {
		return Entry{}, err
	}
	if want := uint64(h.length) + uint64(h.bytes); want != size {
		return Entry{}, fmt.Errorf("shape %v of %s takes %d bytes with its header, the member has %d", h.shape, h.descr, want, size)
	}
	e := Entry{DType: h.dtype, Shape: h.shape, header: h, member: member, offset: -1}
	if member.Method == zip.Store {
		at, err := member.DataOffset()
		if err != nil {
			return Entry{}, err
		}
		e.offset = at + int64(h.length)
	}
	return e, nil
}

// checkOverlap returns an error if two members share bytes, as those of zip bombs do.
func (f *File) checkOverlap(members []*zip.File) error {
	type extent struct {
		begin, end int64
		name       string
	}
	var extents []extent
	for _, member := range members {
		at, err := member.DataOffset()
		if err != nil {
			return fmt.Errorf("member %q: %w", member.Name, err)
		}
		if at > f.file.Size() || member.CompressedSize64 > uint64(f.file.Size()-at) {
			return fmt.Errorf("member %q: it claims %d bytes in a file of %d", member.Name, member.CompressedSize64, f.file.Size())
		}
		extents = append(extents, extent{at, at + int64(member.CompressedSize64), member.Name})
	}
	slices.SortFunc(extents, func(a, b extent) int { return int(min(max(a.begin-b.begin, -1), 1)) })
	for i := 1; i < len(extents); i++ {
		if extents[i].begin < extents[i-1].end {
			return fmt.Errorf("members %q and %q share bytes", extents[i-1].name, extents[i].name)
		}
	}
	return nil
}

// unexpectedEnd is the error for an array whose bytes end before its shape is filled.
func unexpectedEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("its bytes end before its shape is filled")
	}
	return err
}
