package shards

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// mapping is a file as memory. It is unmapped when nothing refers to the mapping any more: what
// points into its bytes does not keep it.
type mapping struct{ b []byte }

// mapFile maps a file of a known size; nil if it cannot be mapped, for example for its size.
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

// load reads a range in, so that reading its memory neither waits nor fails; it reports whether
// that was possible. Kernels before 5.14 cannot.
func (m *mapping) load(at, end int64) bool {
	return unix.Madvise(m.pages(at, end), unix.MADV_POPULATE_READ) == nil
}

// release gives a range's memory back. It may be read again, from the file.
func (m *mapping) release(at, end int64) { unix.Madvise(m.pages(at, end), unix.MADV_DONTNEED) }

// pages returns the memory pages that a range is in.
func (m *mapping) pages(at, end int64) []byte {
	at -= at % int64(os.Getpagesize())
	return m.b[at:end]
}
