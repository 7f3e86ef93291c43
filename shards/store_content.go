package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// ContainsByReading implements [WritableStore.Contains] for a store that knows the sizes of its
// files but not their hashes: it reads the file.
func ContainsByReading(ctx context.Context, s Store, f File) (bool, error) {
	size, err := s.Size(ctx, f.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && size != f.Bytes {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	sum, _, err := hashOf(ctx, s, f)
	return sum == f.SHA256, err
}

// agrees compares the size and hash of a file with its description.
func (f *File) agrees(size int64, sum string) error {
	if size != f.Bytes {
		return fmt.Errorf("%s has %d bytes, its manifest says %d", f.Name, size, f.Bytes)
	}
	if sum != f.SHA256 {
		return fmt.Errorf("%s has the sha256 %s, its manifest says %s", f.Name, sum, f.SHA256)
	}
	return nil
}

// hashOf reads a file of a store, at most one byte more than its description says.
func hashOf(ctx context.Context, s Store, f File) (sum string, size int64, err error) {
	r, err := s.OpenFile(ctx, f.Name)
	if err != nil {
		return "", 0, err
	}
	if closer, ok := r.(io.Closer); ok {
		defer closer.Close()
	}
	digest := sha256.New()
	n, err := copyContent(digest, r, f.Bytes+1)
	return hex.EncodeToString(digest.Sum(nil)), n, err
}

// copyBlock is how many bytes are read at once where a whole file is read: one request of an object
// store.
const copyBlock = 8 << 20

// copyContent copies up to size bytes.
func copyContent(w io.Writer, r io.ReaderAt, size int64) (int64, error) {
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{io.NewSectionReader(r, 0, size)}, make([]byte, min(copyBlock, size+1)))
	if err != nil {
		return n, fmt.Errorf("reading at byte %d: %w", n, err)
	}
	return n, nil
}
