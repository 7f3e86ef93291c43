package shards

import (
	"context"
	"io"
)

// Store is where the files of a dataset are: a folder, or a prefix of an object store (package
// bucket). An error about a file that is not there wraps fs.ErrNotExist.
type Store interface {
	// ReadFile returns the content of a file.
	ReadFile(ctx context.Context, name string) ([]byte, error)
	// Size returns the size of a file in bytes.
	Size(ctx context.Context, name string) (int64, error)
	// OpenFile returns a reader of any range of a file, whose requests end with ctx. If it is an
	// io.Closer, the dataset closes it.
	OpenFile(ctx context.Context, name string) (io.ReaderAt, error)
	// List returns the names of the files.
	List(ctx context.Context) ([]string, error)
}

// WritableStore is a [Store] that files can be put into.
type WritableStore interface {
	Store
	// Put stores content under the name of f, in place of a file of that name, if it has the size
	// and SHA-256 of f. Readers see the old file or all of the new one. Put may read the content
	// several times.
	Put(ctx context.Context, f File, content io.ReaderAt) error
	// Contains reports whether the store has a file with the name, size and SHA-256 of f.
	Contains(ctx context.Context, f File) (bool, error)
}

func closeStore(s Store) error {
	if closer, ok := s.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}
