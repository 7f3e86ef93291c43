package shards

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// mapping is a file mapped into memory. It is unmapped when the mapping is unreachable; pointers
// into its bytes do not keep it.
type mapping struct{ b []byte }

// mapFile maps a file of a known size. It returns nil if the file cannot be mapped.
func mapFile(f *os.File, size int64) *mapping {
	if size <= 0 || int64(int(size)) != size {
		return nil
	}
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil
	}
	m := &mapping{b}
	runtime.AddCleanup(m, func(b []byte) { unix.Munmap(b) }, b)
	return m
}

// load reads a range into memory, so that using it neither waits nor fails, and reports whether
// that worked. Linux before 5.14 cannot do it.
func (m *mapping) load(at, end int64) bool {
	return unix.Madvise(m.pages(at, end), unix.MADV_POPULATE_READ) == nil
}

// release releases the memory of a range. It can be read again from the file.
func (m *mapping) release(at, end int64) { unix.Madvise(m.pages(at, end), unix.MADV_DONTNEED) }

// pages returns the memory pages of a range.
func (m *mapping) pages(at, end int64) []byte {
	at -= at % int64(os.Getpagesize())
	return m.b[at:end]
}
