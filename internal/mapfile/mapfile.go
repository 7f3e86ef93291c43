// Package mapfile reads parts of large files straight from the page cache: memory-mapped where the
// system can, through a small buffer elsewhere. Opening a file costs nothing, whatever its size.
//
// A file that is cut while it is mapped gives an error, not a crash.
package mapfile

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
)

// piece is how many bytes [File.Each] passes at once. Elements of 1, 2, 4 and 8 bytes are never
// split.
const piece = 1 << 20

// File is an open file. Its methods may be called concurrently, but none after or during Close.
type File struct {
	path   string
	file   *os.File
	size   int64
	mapped []byte // nil if the system does not map the file
	buffer sync.Pool
}

// Open opens a regular file.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f := &File{path: path, file: file, size: info.Size()}
	f.buffer.New = func() any {
		buffer := make([]byte, piece)
		return &buffer
	}
	f.mapped = mapped(file, f.size)
	return f, nil
}

// Path returns the file's path.
func (f *File) Path() string { return f.path }

// Size returns the file's size when it was opened, in bytes.
func (f *File) Size() int64 { return f.size }

// Close closes the file.
func (f *File) Close() error {
	err := unmap(f.mapped)
	f.mapped = nil
	return errors.Join(err, f.file.Close())
}

// ReadAt reads from the file, not from its mapping, as [io.ReaderAt] says.
func (f *File) ReadAt(p []byte, offset int64) (int, error) { return f.file.ReadAt(p, offset) }

// Each passes n bytes from offset on to visit, in pieces whose sizes are multiples of 8, except the
// last's. A piece is valid, and must not be changed, until visit returns.
func (f *File) Each(offset, n int64, visit func([]byte) error) error {
	if offset < 0 || n < 0 || offset > f.size-n {
		return fmt.Errorf("bytes %d to %d are not in the file, which has %d", offset, offset+n, f.size)
	}
	if err := f.whole(offset + n); err != nil {
		return err
	}
	if f.mapped == nil {
		return f.eachRead(offset, n, visit)
	}
	return f.eachMapped(offset, n, visit)
}

// whole returns an error if the file has been cut before end since it was opened.
func (f *File) whole(end int64) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < end {
		return fmt.Errorf("the file was cut while it was open: %d of its %d bytes remain", info.Size(), f.size)
	}
	return nil
}

func (f *File) eachRead(offset, n int64, visit func([]byte) error) error {
	pooled := f.buffer.Get().(*[]byte)
	defer f.buffer.Put(pooled)
	buffer := *pooled
	for n > 0 {
		part := buffer[:min(n, piece)]
		if _, err := f.file.ReadAt(part, offset); err != nil {
			return errors.Join(f.whole(offset+n), err)
		}
		if err := visit(part); err != nil {
			return err
		}
		offset, n = offset+int64(len(part)), n-int64(len(part))
	}
	return nil
}

// eachMapped passes pieces of the mapping. The system reports a page that the file no longer has as
// a fault, which is a panic here.
func (f *File) eachMapped(offset, n int64, visit func([]byte) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault := recover()
		if fault == nil {
			return
		}
		if _, ok := fault.(interface{ Addr() uintptr }); !ok {
			panic(fault)
		}
		if err = f.whole(offset + n); err == nil {
			err = fmt.Errorf("reading bytes %d to %d: %v", offset, offset+n, fault)
		}
	}()
	for at := int64(0); at < n; at += piece {
		if err := visit(f.mapped[offset+at : offset+min(at+piece, n)]); err != nil {
			return err
		}
	}
	return nil
}
