package shards

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// cachedGroups is how many row groups a dataset keeps decoded.
const cachedGroups = 8

// Dataset reads a dataset folder. Safe for concurrent use.
type Dataset struct {
	dir      string
	manifest *Manifest
	groups   []group

	mu    sync.Mutex
	files map[string]*openFile
	cache []*decoded // most recently used last
}

// group is where a row group lies: its first row in the dataset, its file and its number there.
type group struct {
	first, rows int64
	file        string
	number      int
}

type openFile struct {
	f       *os.File
	parquet *parquet.File
}

// decoded is a row group in memory, or on its way there.
type decoded struct {
	group int
	once  sync.Once
	rows  []Sample
	err   error
}

// Open reads the manifest of the dataset in dir and checks that its files are there and have their
// sizes. Contents are checked by [Verify].
func Open(dir string) (*Dataset, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{dir: dir, manifest: manifest, files: map[string]*openFile{}}
	var first int64
	for _, f := range manifest.Files {
		info, err := os.Stat(filepath.Join(dir, f.Name))
		if err != nil {
			return nil, fmt.Errorf("opening dataset %s: %w", dir, err)
		}
		if info.Size() != f.Bytes {
			return nil, fmt.Errorf("opening dataset %s: %s has %d bytes, its manifest says %d", dir, f.Name, info.Size(), f.Bytes)
		}
		for number, rows := range f.RowGroups {
			d.groups = append(d.groups, group{first, rows, f.Name, number})
			first += rows
		}
	}
	return d, nil
}

// Close closes the files. Rows already returned stay valid.
func (d *Dataset) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all error
	for name, f := range d.files {
		all = errors.Join(all, f.f.Close())
		delete(d.files, name)
	}
	return all
}

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

// Row returns row i. The sample shares memory with later calls: do not change it.
func (d *Dataset) Row(i int) (Sample, error) {
	if i < 0 || i >= d.Len() {
		return Sample{}, fmt.Errorf("row %d of dataset %s with %d rows", i, d.dir, d.Len())
	}
	n := sort.Search(len(d.groups), func(g int) bool { return d.groups[g].first+d.groups[g].rows > int64(i) })
	rows, err := d.group(n)
	if err != nil {
		return Sample{}, err
	}
	return rows[int64(i)-d.groups[n].first], nil
}

// Samples yields all rows in order, and ends after an error.
func (d *Dataset) Samples() iter.Seq2[Sample, error] {
	return func(yield func(Sample, error) bool) {
		for n := range d.groups {
			rows, err := d.group(n)
			if err != nil {
				yield(Sample{}, err)
				return
			}
			for _, s := range rows {
				if !yield(s, nil) {
					return
				}
			}
		}
	}
}

// Rejects yields the records that were rejected when the dataset was made.
func (d *Dataset) Rejects() iter.Seq2[Reject, error] {
	if d.manifest.Rejects == nil {
		return func(func(Reject, error) bool) {}
	}
	return readTable[Reject](filepath.Join(d.dir, RejectsName))
}

// Keys yields the keys of all rows in order, without reading images.
func (d *Dataset) Keys() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, f := range d.manifest.Files {
			for row, err := range PartKeys(filepath.Join(d.dir, f.Name)) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// PartKeys yields the keys of the rows of one part.
func PartKeys(path string) iter.Seq2[string, error] {
	type keyed struct {
		Key string `parquet:"key"`
	}
	return func(yield func(string, error) bool) {
		for row, err := range readTable[keyed](path) {
			if !yield(row.Key, err) || err != nil {
				return
			}
		}
	}
}

// group returns the rows of a row group, from the cache or the file.
func (d *Dataset) group(n int) ([]Sample, error) {
	entry := d.cached(n)
	entry.once.Do(func() { entry.rows, entry.err = d.read(n) })
	return entry.rows, entry.err
}

func (d *Dataset) cached(n int) *decoded {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, entry := range d.cache {
		if entry.group == n {
			d.cache = append(append(d.cache[:i:i], d.cache[i+1:]...), entry)
			return entry
		}
	}
	if len(d.cache) >= cachedGroups {
		d.cache = append([]*decoded(nil), d.cache[1:]...)
	}
	entry := &decoded{group: n}
	d.cache = append(d.cache, entry)
	return entry
}

func (d *Dataset) read(n int) ([]Sample, error) {
	g := d.groups[n]
	file, err := d.open(g.file)
	if err != nil {
		return nil, err
	}
	rowGroups := file.RowGroups()
	if g.number >= len(rowGroups) || rowGroups[g.number].NumRows() != g.rows {
		return nil, fmt.Errorf("row group %d of %s is not as its manifest says", g.number, filepath.Join(d.dir, g.file))
	}
	rows, err := readGroup[Sample](rowGroups[g.number])
	if err != nil {
		return nil, fmt.Errorf("reading row group %d of %s: %w", g.number, filepath.Join(d.dir, g.file), err)
	}
	return rows, nil
}

func (d *Dataset) open(name string) (*parquet.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f, ok := d.files[name]; ok {
		return f.parquet, nil
	}
	f, err := openTable(filepath.Join(d.dir, name))
	if err != nil {
		return nil, err
	}
	d.files[name] = f
	return f.parquet, nil
}

func openTable(path string) (*openFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	file, err := parquet.OpenFile(f, info.Size(), parquet.SkipBloomFilters(true))
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return &openFile{f, file}, nil
}

// readGroup decodes all rows of a row group. A damaged file makes the decoder panic in places; that is
// returned as an error.
func readGroup[T any](g parquet.RowGroup) (rows []T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	reader := parquet.NewGenericRowGroupReader[T](g)
	defer reader.Close()
	rows = make([]T, g.NumRows())
	n, err := reader.Read(rows)
	for err == nil && n < len(rows) {
		var more int
		more, err = reader.Read(rows[n:])
		n += more
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n < len(rows) {
		return nil, fmt.Errorf("%d rows, want %d", n, len(rows))
	}
	return rows, nil
}

// readTable yields the rows of a Parquet file, one row group in memory at a time, and ends after an error.
func readTable[T any](path string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		file, err := openTable(path)
		if err != nil {
			yield(zero, err)
			return
		}
		defer file.f.Close()
		for n, g := range file.parquet.RowGroups() {
			rows, err := readGroup[T](g)
			if err != nil {
				yield(zero, fmt.Errorf("reading row group %d of %s: %w", n, path, err))
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}
