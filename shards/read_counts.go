package shards

import (
	"errors"
	"io"
	"sync/atomic"
)

// Reads count what was read of a dataset's parts: from files or object stores, footers included.
type Reads struct {
	Requests int64 // reads of a range
	Bytes    int64
}

// Reads returns what was read of the dataset since it was opened.
func (d *Dataset) Reads() Reads { return Reads{d.reads.requests.Load(), d.reads.bytes.Load()} }

type readCounts struct{ requests, bytes atomic.Int64 }

// add counts a read; c may be nil.
func (c *readCounts) add(bytes int64) {
	if c != nil {
		c.requests.Add(1)
		c.bytes.Add(bytes)
	}
}

// countedReader counts what is read, and tells errors of reading from errors in what was read.
type countedReader struct {
	io.ReaderAt
	counts *readCounts
}

// ReadAt implements [io.ReaderAt].
func (r *countedReader) ReadAt(p []byte, at int64) (int, error) {
	n, err := r.ReaderAt.ReadAt(p, at)
	r.counts.add(int64(n))
	if err != nil && err != io.EOF {
		err = &readError{err}
	}
	return n, err
}

// ErrUnread is wrapped by errors of files and object stores that could not be read, which may be
// gone at the next attempt or on another machine. Errors in what was read do not wrap it.
var ErrUnread = errors.New("not read")

// readError is an error that wraps ErrUnread and says no more than err.
type readError struct{ err error }

func (e *readError) Error() string        { return e.err.Error() }
func (e *readError) Unwrap() error        { return e.err }
func (e *readError) Is(target error) bool { return target == ErrUnread }
