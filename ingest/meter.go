package ingest

import (
	"context"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// Measured is a [Source] that knows how far it is, for the time that is left.
type Measured interface {
	Source
	// Part says what part of its input was read, from 0 to 1; 0 also if that is not known. Safe for
	// concurrent use.
	Part() float64
}

// meter counts what was read of a source's input: bytes, files or rows. A nil one counts nothing.
type meter struct{ read, all atomic.Int64 }

// begin says how much there is of all.
func (m *meter) begin(all int64) {
	if m != nil {
		m.read.Store(0)
		m.all.Store(all)
	}
}

func (m *meter) add(n int64) {
	if m != nil {
		m.read.Add(n)
	}
}

// at says how much was read.
func (m *meter) at(n int64) {
	if m != nil {
		m.read.Store(n)
	}
}

func (m *meter) part() float64 {
	if m == nil || m.all.Load() <= 0 {
		return 0
	}
	return min(1, float64(m.read.Load())/float64(m.all.Load()))
}

// reader counts the bytes that are read of r.
func (m *meter) reader(r io.Reader) io.Reader {
	if m == nil {
		return r
	}
	return &meteredReader{r, m}
}

type meteredReader struct {
	io.Reader
	meter *meter
}

func (r *meteredReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.meter.add(int64(n))
	return n, err
}

// sizeOf is the size of files in bytes, 0 if one of them is a pipe.
func sizeOf(files ...string) (all int64) {
	for _, file := range files {
		info, err := os.Stat(file)
		if isStream(file) || err == nil && !info.Mode().IsRegular() {
			return 0
		}
		if err == nil {
			all += info.Size()
		}
	}
	return all
}

// countFiles counts the files below a folder that are wanted.
func countFiles(ctx context.Context, root *os.Root, wanted func(name string) bool) (n int64) {
	fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		if err == nil && !d.IsDir() && wanted(name) {
			n++
		}
		return nil
	})
	return n
}
