package shards

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Dataset reads a dataset folder. Safe for concurrent use.
type Dataset struct {
	dir      string
	store    Store
	manifest *Manifest
	groups   []group
	all      *View
	parts    openParts
	pages    pageCache
}

// group is where a row group lies: its first row in the dataset, its part and its number there.
type group struct {
	first, rows  int64
	part, number int
}

// Store is where a dataset's files lie: a folder, or a prefix of an object store (package bucket).
type Store interface {
	// ReadFile returns a file's content.
	ReadFile(name string) ([]byte, error)
	// Size returns a file's size in bytes.
	Size(name string) (int64, error)
	// OpenFile returns a reader of any range of a file. If it is an io.Closer, the dataset closes it.
	OpenFile(name string) (io.ReaderAt, error)
}

// folder is the Store of a folder.
type folder string

func (dir folder) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(dir), name))
}

func (dir folder) OpenFile(name string) (io.ReaderAt, error) {
	f, err := openLocal(filepath.Join(string(dir), name))
	if err != nil {
		return nil, err // not a *localFile that is nil
	}
	return f, nil
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

func (dir folder) Size(name string) (int64, error) {
	info, err := os.Stat(filepath.Join(string(dir), name))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Open reads the manifest of the dataset in dir and checks that its files are there and have their
// sizes. Contents are checked by [Verify].
func Open(dir string) (*Dataset, error) { return OpenStore(folder(dir), dir) }

// OpenStore is [Open] for a dataset anywhere; name is for messages.
func OpenStore(store Store, name string) (*Dataset, error) {
	content, err := store.ReadFile(ManifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a dataset: it has no %s: %w", name, ManifestName, err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of %s: %w", name, err)
	}
	manifest, err := parseManifest(content, filepath.Join(name, ManifestName))
	if err != nil {
		return nil, err
	}
	d := &Dataset{dir: name, store: store, manifest: manifest}
	d.all = &View{d: d, chosen: everything}
	var first int64
	for part, f := range manifest.Files {
		size, err := store.Size(f.Name)
		if err != nil {
			return nil, fmt.Errorf("opening dataset %s: %w", name, err)
		}
		if size != f.Bytes {
			return nil, fmt.Errorf("opening dataset %s: %s has %d bytes, its manifest says %d", name, f.Name, size, f.Bytes)
		}
		for number, rows := range f.RowGroups {
			d.groups = append(d.groups, group{first, rows, part, number})
			first += rows
		}
	}
	return d, nil
}

// Close closes the files. Rows already returned stay valid.
func (d *Dataset) Close() error { return d.parts.close() }

// Dir returns the folder.
func (d *Dataset) Dir() string { return d.dir }

// Len returns the number of rows.
func (d *Dataset) Len() int { return int(d.manifest.Totals.Rows) }

// Manifest returns the manifest, which the caller must not change.
func (d *Dataset) Manifest() *Manifest { return d.manifest }

// Groups returns the number of rows in each row group, in order. Rows of one group are read together,
// so an order that stays within a few groups for a while reads sequentially.
func (d *Dataset) Groups() []int {
	sizes := make([]int, len(d.groups))
	for i, g := range d.groups {
		sizes[i] = int(g.rows)
	}
	return sizes
}

// Row returns row i. The sample shares memory with later calls: do not change it. What is read of the part is
// the page of each column that has the row, and of its images their own bytes alone.
func (d *Dataset) Row(i int) (Sample, error) { return d.all.Row(i) }

// Samples yields all rows in order, and ends after an error.
func (d *Dataset) Samples() iter.Seq2[Sample, error] { return d.all.Samples() }

// Rejects yields the records that were rejected when the dataset was made.
func (d *Dataset) Rejects() iter.Seq2[Reject, error] {
	if d.manifest.Rejects == nil {
		return func(func(Reject, error) bool) {}
	}
	return func(yield func(Reject, error) bool) {
		r, err := d.store.OpenFile(RejectsName)
		if err != nil {
			yield(Reject{}, err)
			return
		}
		if closer, ok := r.(io.Closer); ok {
			defer closer.Close()
		}
		for reject, err := range readRejects(r, d.manifest.Rejects.Bytes, filepath.Join(d.dir, RejectsName)) {
			if !yield(reject, err) || err != nil {
				return
			}
		}
	}
}

// Keys yields the keys of all rows in order, without reading images.
func (d *Dataset) Keys() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		keys, err := d.Select("key")
		if err != nil {
			yield("", err)
			return
		}
		for s, err := range keys.Samples() {
			if !yield(s.Key, err) || err != nil {
				return
			}
		}
	}
}

// PartRows yields the rows of one part, with the named columns; see [Dataset.Select]. A sample and all it holds are
// valid until the next is asked for.
func PartRows(path string, names ...string) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		if err := partRows(path, names, yield); err != nil {
			yield(nil, err)
		}
	}
}

func partRows(path string, names []string, yield func(*Sample, error) bool) error {
	chosen, err := selected(names)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := openPart(path, f, info.Size())
	if err != nil {
		return err
	}
	var r room
	for n := range p.groups {
		if err := p.readGroup(n, chosen, &r, false); err != nil {
			return err
		}
		if !r.yield(yield) {
			return nil
		}
	}
	return nil
}

// part returns a part, opened if need be.
func (d *Dataset) part(n int) (*part, error) {
	return d.parts.get(n, func() (*part, io.ReaderAt, error) {
		f := &d.manifest.Files[n]
		r, err := d.store.OpenFile(f.Name)
		if err != nil {
			return nil, nil, err
		}
		p, err := openPart(filepath.Join(d.dir, f.Name), r, f.Bytes)
		if err == nil {
			err = p.agrees(f.RowGroups)
		}
		if err != nil {
			if closer, ok := r.(io.Closer); ok {
				closer.Close()
			}
			return nil, nil, err
		}
		return p, r, nil
	})
}
