package input

import (
	"context"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
)

// Meter measures how much of a source's input was read, in bytes, files or rows. A nil Meter counts
// nothing.
type Meter struct{ read, all atomic.Int64 }

// Begin sets the total.
func (m *Meter) Begin(all int64) {
	if m != nil {
		m.read.Store(0)
		m.all.Store(all)
	}
}

func (m *Meter) Add(n int64) {
	if m != nil {
		m.read.Add(n)
	}
}

// At sets how much was read.
func (m *Meter) At(n int64) {
	if m != nil {
		m.read.Store(n)
	}
}

func (m *Meter) Part() float64 {
	if m == nil || m.all.Load() <= 0 {
		return 0
	}
	return min(1, float64(m.read.Load())/float64(m.all.Load()))
}

// Reader returns a reader that counts the bytes read from r.
func (m *Meter) Reader(r io.Reader) io.Reader {
	if m == nil {
		return r
	}
	return &meteredReader{r, m}
}

type meteredReader struct {
	io.Reader
	meter *Meter
}

func (r *meteredReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.meter.Add(int64(n))
	return n, err
}

// SizeOf returns the total size of files in bytes, or 0 if one of them is a pipe.
func SizeOf(files ...string) (all int64) {
	for _, file := range files {
		info, err := os.Stat(file)
		if IsStream(file) || err == nil && !info.Mode().IsRegular() {
			return 0
		}
		if err == nil {
			all += info.Size()
		}
	}
	return all
}

// CountFiles counts the files below a folder that are wanted.
func CountFiles(ctx context.Context, root *os.Root, wanted func(name string) bool) (n int64) {
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
