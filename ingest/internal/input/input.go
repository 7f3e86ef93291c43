package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/pali3/pali3/shards"
)

// File is an open file, in a folder or, if named by a URL, in an object store.
type File interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Closer
}

// Open opens a file or an object.
func Open(stores shards.Stores, name string) (File, error) {
	if !shards.IsURL(name) {
		return os.Open(name)
	}
	store, base, err := storeOf(stores, name)
	if err != nil {
		return nil, err
	}
	r, err := openStored(store, base)
	if err != nil {
		closeStore(store)
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	r.closes = store
	return r, nil
}

// Local returns an error for URLs, for sources that read only local files and folders. It ignores
// empty names.
func Local(names ...string) error {
	for _, name := range names {
		if shards.IsURL(name) {
			return fmt.Errorf("%s: this is read from files and folders of this machine, not from a URL: copy it here first "+
				"(object stores are read by arrow, links, mds, table, tfrecord, urls, warc and webdataset)", DisplayName(name))
		}
	}
	return nil
}

// DisplayName returns a file's name for origins and keys: a URL without its parameters.
func DisplayName(name string) string {
	if shards.IsURL(name) {
		name, _, _ = strings.Cut(name, "?")
	}
	return name
}

// storeOf opens the store that contains an object, and returns the object's name in it.
func storeOf(stores shards.Stores, name string) (store shards.WritableStore, base string, err error) {
	address, parameters, has := strings.Cut(name, "?")
	at := strings.LastIndex(address, "/")
	if at < strings.Index(address, "://")+3 {
		return nil, "", fmt.Errorf("%s does not name a file", name)
	}
	place, base := address[:at], address[at+1:]
	if has {
		place += "?" + parameters
	}
	store, err = stores.OpenStore(context.Background(), place)
	return store, base, err
}

func closeStore(store shards.WritableStore) {
	if closer, ok := store.(io.Closer); ok {
		closer.Close()
	}
}

// Check returns an error if a file or an object does not exist.
func Check(stores shards.Stores, name string) error {
	if shards.IsURL(name) {
		_, err := versionOf(stores, name)
		return err
	}
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", name)
	}
	return err
}

// versionOf returns what identifies an object's version: its size, and the store's own version
// mark.
func versionOf(stores shards.Stores, name string) (string, error) {
	store, base, err := storeOf(stores, name)
	if err != nil {
		return "", err
	}
	defer closeStore(store)
	return versionIn(store, base)
}

func versionIn(store shards.WritableStore, base string) (string, error) {
	size, err := store.Size(context.Background(), base)
	version := ""
	if versioned, ok := store.(interface {
		Version(ctx context.Context, name string) (string, error)
	}); ok && err == nil {
		version, err = versioned.Version(context.Background(), base)
	}
	return fmt.Sprint(size, " ", version), err
}

// stored is an open object. Read errors are [ingest.ErrUnavailable]: the run stops, and nothing is
// rejected.
type stored struct {
	*io.SectionReader
	ahead  *ahead
	closes shards.WritableStore // or nil
}

func openStored(store shards.WritableStore, name string) (*stored, error) {
	size, err := store.Size(context.Background(), name)
	if err != nil {
		return nil, err
	}
	r, err := store.OpenFile(context.Background(), name)
	if err != nil {
		return nil, err
	}
	a := newAhead(r, size)
	return &stored{SectionReader: io.NewSectionReader(a, 0, size), ahead: a}, nil
}

func (s *stored) Close() error {
	err := s.ahead.close()
	if s.closes != nil {
		closeStore(s.closes)
	}
	return err
}

// OpenFS opens a folder, or a prefix of an object store, until end is called.
func OpenFS(stores shards.Stores, dir string) (fsys fs.FS, end func(), err error) {
	if !shards.IsURL(dir) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), func() { root.Close() }, nil
	}
	store, err := stores.OpenStore(context.Background(), dir)
	if err != nil {
		return nil, nil, err
	}
	return storeFS{store}, func() { closeStore(store) }, nil
}

// storeFS is an object store as a file system that opens files.
type storeFS struct{ store shards.WritableStore }

// storedFile is a file of a storeFS.
type storedFile struct {
	*stored
	name string
}

func (f storedFile) Stat() (fs.FileInfo, error) {
	return nil, &fs.PathError{Op: "stat", Path: f.name, Err: errors.ErrUnsupported}
}

// Open implements [fs.FS].
func (s storeFS) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	f, err := openStored(s.store, name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return storedFile{f, name}, nil
}

// CheckFiles returns an error if a file does not exist.
func CheckFiles(stores shards.Stores, files []string) error {
	if len(files) == 0 {
		return errors.New("no files given")
	}
	for _, file := range files {
		if err := Check(stores, file); err != nil {
			return err
		}
	}
	return nil
}
