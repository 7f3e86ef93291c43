package shards

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/atomicfile"
)

// Store is where a dataset's files lie: a folder, or a prefix of an object store (package bucket).
// What it lacks is an error that wraps fs.ErrNotExist.
type Store interface {
	// ReadFile returns a file's content.
	ReadFile(name string) ([]byte, error)
	// Size returns a file's size in bytes.
	Size(name string) (int64, error)
	// OpenFile returns a reader of any range of a file. If it is an io.Closer, the dataset closes
	// it.
	OpenFile(name string) (io.ReaderAt, error)
	// List returns the names of the files.
	List() ([]string, error)
}

// Keeper is a [Store] that takes files.
type Keeper interface {
	Store
	// Keep makes content visible under a name, in place of what is there: all of it or nothing, and
	// nothing if it is not as f says, which has its size and SHA-256. It may read the content
	// several times.
	Keep(f File, content io.ReaderAt) error
	// Has reports whether there is a file of f's name, size and SHA-256.
	Has(f File) (bool, error)
}

// opener opens what a URL names.
type opener func(url string) (Keeper, error)

var openers = map[string]opener{}

// RegisterStores says how URLs of some schemes are opened, for all functions of this package that
// take the name of a dataset. Package bucket does so when it is imported. A Keeper that is an
// io.Closer is closed with what uses it. It must not be called when any of these functions may run.
func RegisterStores(open func(url string) (Keeper, error), schemes ...string) {
	for _, scheme := range schemes {
		openers[scheme] = open
	}
}

// IsURL reports whether a dataset's name is a URL rather than a folder.
func IsURL(name string) bool { return strings.Contains(name, "://") }

// OpenKeeper opens the folder or the object store of that name.
func OpenKeeper(name string) (Keeper, error) {
	if !IsURL(name) {
		return folder(name), nil
	}
	scheme, _, _ := strings.Cut(name, "://")
	open := openers[scheme]
	if open == nil && len(openers) == 0 {
		return nil, fmt.Errorf("%s: this program knows no object stores; import package bucket", name)
	}
	if open == nil {
		known := slices.Sorted(maps.Keys(openers))
		return nil, fmt.Errorf("%s: no object store of the kind %s is known, but of %s", name, scheme, strings.Join(known, ", "))
	}
	keeper, err := open(name)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	return keeper, nil
}

func closeStore(s Store) error {
	if closer, ok := s.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// WorkVariable is the environment variable that names the folder in which [WorkFolder] makes its
// folders.
const WorkVariable = "PALI3_WORK"

// WorkFolder returns the folder in which the files of a dataset are made: the dataset's own, or, of
// one in an object store, a folder of this machine that is the URL's, below $PALI3_WORK or the
// user's cache. What a killed writer needs to go on is there.
func WorkFolder(name string) (string, error) {
	if !IsURL(name) {
		return name, nil
	}
	base := os.Getenv(WorkVariable)
	if base == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder to make %s in: set %s: %w", name, WorkVariable, err)
		}
		base = filepath.Join(cache, "pali3", "writing")
	}
	return filepath.Join(base, Hash([]byte(name))[:24]), nil
}

// fileOf names a file of a dataset, for messages.
func fileOf(dataset, file string) string {
	if !IsURL(dataset) {
		return filepath.Join(dataset, file)
	}
	address, _, _ := strings.Cut(dataset, "?")
	return strings.TrimRight(address, "/") + "/" + file
}

// Below names what lies below a folder or, of a URL, below its prefix.
func Below(parent, name string) string {
	if !IsURL(parent) {
		return filepath.Join(parent, name)
	}
	address, parameters, has := strings.Cut(parent, "?")
	address = strings.TrimRight(address, "/") + "/" + name
	if has {
		address += "?" + parameters
	}
	return address
}

// mustBeFolder refuses a URL where only a folder will do.
func mustBeFolder(name, doing string) error {
	if IsURL(name) {
		return fmt.Errorf("%s %s: that is done in a folder: copy the dataset to one, and back", doing, name)
	}
	return nil
}

// folder is the Keeper of a folder.
type folder string

func (dir folder) path(name string) string { return filepath.Join(string(dir), name) }

func (dir folder) ReadFile(name string) ([]byte, error) { return os.ReadFile(dir.path(name)) }

func (dir folder) OpenFile(name string) (io.ReaderAt, error) {
	f, err := openLocal(dir.path(name))
	if err != nil {
		return nil, err // not a *localFile that is nil
	}
	return f, nil
}

func (dir folder) Size(name string) (int64, error) {
	info, err := os.Stat(dir.path(name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (dir folder) List() (names []string, err error) {
	entries, err := os.ReadDir(string(dir))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (dir folder) Keep(f File, content io.ReaderAt) error {
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

func (dir folder) Has(f File) (bool, error) { return HasContent(dir, f) }

// HasContent is the [Keeper.Has] of a store that knows sizes and no hashes: it reads the file.
func HasContent(s Store, f File) (bool, error) {
	size, err := s.Size(f.Name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && size != f.Bytes {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	sum, _, err := hashOf(s, f)
	return sum == f.SHA256, err
}

// agrees compares what was read or written of a file with what the file's description says.
func (f *File) agrees(size int64, sum string) error {
	if size != f.Bytes {
		return fmt.Errorf("%s has %d bytes, its manifest says %d", f.Name, size, f.Bytes)
	}
	if sum != f.SHA256 {
		return fmt.Errorf("%s has the sha256 %s, its manifest says %s", f.Name, sum, f.SHA256)
	}
	return nil
}

// hashOf reads a file of a store up to one byte more than its description says.
func hashOf(s Store, f File) (sum string, size int64, err error) {
	r, err := s.OpenFile(f.Name)
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

// block is how much of a file is read at once where all of it is: a request of an object store.
const block = 8 << 20

// copyContent copies up to size bytes.
func copyContent(w io.Writer, r io.ReaderAt, size int64) (int64, error) {
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{io.NewSectionReader(r, 0, size)}, make([]byte, min(block, size+1)))
	if err != nil {
		return n, fmt.Errorf("reading at byte %d: %w", n, err)
	}
	return n, nil
}

// localFile is a file with its memory, if it can be mapped.
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
