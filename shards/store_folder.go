package shards

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"

	"github.com/pali3/pali3/internal/atomicfile"
)

// folder is the [WritableStore] of a folder.
type folder string

func (dir folder) path(name string) string { return filepath.Join(string(dir), name) }

func (dir folder) ReadFile(_ context.Context, name string) ([]byte, error) {
	return os.ReadFile(dir.path(name))
}

func (dir folder) OpenFile(_ context.Context, name string) (io.ReaderAt, error) {
	f, err := openLocal(dir.path(name))
	if err != nil {
		return nil, err // not a *localFile that is nil
	}
	return f, nil
}

func (dir folder) Size(_ context.Context, name string) (int64, error) {
	info, err := os.Stat(dir.path(name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (dir folder) List(context.Context) (names []string, err error) {
	entries, err := os.ReadDir(string(dir))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (dir folder) Put(ctx context.Context, f File, content io.ReaderAt) error {
	if err := os.MkdirAll(string(dir), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(dir.path(f.Name), func(w io.Writer) error {
		digest := sha256.New()
		n, err := copyContent(io.MultiWriter(w, digest), content, f.Bytes)
		if err != nil {
			return err
		}
		return f.agrees(n, hex.EncodeToString(digest.Sum(nil)))
	})
}

func (dir folder) Contains(ctx context.Context, f File) (bool, error) {
	return ContainsByReading(ctx, dir, f)
}

// localFile is an open file, mapped into memory if possible.
type localFile struct {
	*os.File
	mapping *mapping
}

func openLocal(path string) (*localFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	return &localFile{f, mapFile(f, info.Size())}, nil
}
