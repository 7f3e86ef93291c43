package shards

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"golang.org/x/sync/errgroup"
)

// Dataset reads a dataset. It is safe for concurrent use.
type Dataset struct {
	ctx      context.Context // of all requests to the store
	dir      string
	store    Store
	manifest *Manifest
	groups   []group
	all      *View
	cache    *Cache
	reads    readCounts
}

// group locates a row group: its first row in the dataset, its part, and its number in the part.
type group struct {
	first, rows  int64
	part, number int
}

// Open reads the manifest of the dataset in dir and checks that its files are there and have their
// sizes. [Verify] checks the contents. A dataset in an object store is opened with [Stores.Open].
func Open(dir string) (*Dataset, error) { return Stores(nil).Open(context.Background(), dir) }

// OpenFrom opens the dataset in a store; name is for messages. ctx bounds all requests that the
// dataset makes. A store that is an io.Closer is closed with the dataset.
func OpenFrom(ctx context.Context, store Store, name string) (*Dataset, error) {
	manifest, err := loadManifest(ctx, store, name)
	if err != nil {
		return nil, err
	}
	d := newDataset(ctx, store, name, manifest)
	var checks errgroup.Group
	checks.SetLimit(32) // each may be a request to an object store
	for _, f := range manifest.Files {
		checks.Go(func() error {
			size, err := store.Size(ctx, f.Name)
			if err != nil {
				return fmt.Errorf("opening dataset %s: %w", name, err)
			}
			if size != f.Bytes {
				return fmt.Errorf("opening dataset %s: %s has %d bytes, its manifest says %d", name, f.Name, size, f.Bytes)
			}
			return nil
		})
	}
	if err := checks.Wait(); err != nil {
		return nil, err
	}
	return d, nil
}

func newDataset(ctx context.Context, store Store, name string, manifest *Manifest) *Dataset {
	d := &Dataset{ctx: ctx, dir: name, store: store, manifest: manifest, cache: NewCache(CacheLimits{})}
	d.all = &View{d: d, chosen: everything}
	var first int64
	for part, f := range manifest.Files {
		for number, rows := range f.RowGroups {
			d.groups = append(d.groups, group{first, rows, part, number})
			first += rows
		}
	}
	return d
}

// Close closes the files. Samples already returned stay valid.
func (d *Dataset) Close() error {
	d.cache.pages.dropAll(d)
	d.cache.blocks.dropAll(d)
	return errors.Join(d.cache.parts.dropAll(d), closeStore(d.store))
}

// Dir returns the folder or the URL of the dataset.
func (d *Dataset) Dir() string { return d.dir }

// remote reports whether the dataset is in an object store.
func (d *Dataset) remote() bool { return IsURL(d.dir) }

// Len returns the number of rows.
func (d *Dataset) Len() int { return int(d.manifest.Totals.Rows) }

// Manifest returns the manifest. Do not change it.
func (d *Dataset) Manifest() *Manifest { return d.manifest }

// Groups returns the number of rows of each row group, in order. The rows of a group are read
// together: reading rows of only a few groups at a time is close to sequential reading.
func (d *Dataset) Groups() []int {
	sizes := make([]int, len(d.groups))
	for i, g := range d.groups {
		sizes[i] = int(g.rows)
	}
	return sizes
}

// Row returns row i. The sample shares memory with later calls: do not change it. Row reads one
// page of each column, and of the image bytes only those of the row.
func (d *Dataset) Row(i int) (Sample, error) { return d.all.Row(i) }

// Samples yields all rows in order, and ends after an error.
func (d *Dataset) Samples() iter.Seq2[Sample, error] { return d.all.Samples() }

// Rejects yields the records that were rejected while the dataset was made.
func (d *Dataset) Rejects() iter.Seq2[Reject, error] {
	if d.manifest.Rejects == nil {
		return func(func(Reject, error) bool) {}
	}
	return listedRejects(d.ctx, d.store, d.dir, d.manifest.Rejects.Rows)
}

// Keys yields the keys of all rows in order. It reads no other column.
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

// usePart returns a part, and opens it if needed. The caller calls leavePart with it.
func (d *Dataset) usePart(n int) (*openedPart, error) {
	at := inDataset{d, n}
	return d.cache.parts.use(at, func() (*part, io.ReaderAt, error) {
		f := &d.manifest.Files[n]
		r, err := d.store.OpenFile(d.ctx, f.Name)
		if err != nil {
			return nil, nil, &readError{fmt.Errorf("opening %s: %w", fileOf(d.dir, f.Name), err)}
		}
		var reader io.ReaderAt = &countedReader{r, &d.reads}
		if d.remote() {
			reader = &blocked{reader, at, f.Bytes, &d.cache.blocks}
		}
		p, err := openPart(fileOf(d.dir, f.Name), reader, f.Bytes)
		if err == nil {
			err = p.agrees(f.RowGroups)
		}
		if err != nil {
			if closer, ok := r.(io.Closer); ok {
				closer.Close()
			}
			return nil, nil, err
		}
		p.reads = &d.reads
		return p, r, nil
	})
}

func (d *Dataset) leavePart(p *openedPart) { d.cache.parts.leave(p) }
