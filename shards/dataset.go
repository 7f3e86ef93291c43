package shards

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// Dataset reads a dataset folder. Safe for concurrent use.
type Dataset struct {
	dir      string
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

// Open reads the manifest of the dataset in dir and checks that its files are there and have their
// sizes. Contents are checked by [Verify].
func Open(dir string) (*Dataset, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	d := &Dataset{dir: dir, manifest: manifest}
	d.all = &View{d: d, chosen: everything}
	var first int64
	for part, f := range manifest.Files {
		info, err := os.Stat(filepath.Join(dir, f.Name))
		if err != nil {
			return nil, fmt.Errorf("opening dataset %s: %w", dir, err)
		}
		if info.Size() != f.Bytes {
			return nil, fmt.Errorf("opening dataset %s: %s has %d bytes, its manifest says %d", dir, f.Name, info.Size(), f.Bytes)
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
	return readTable[Reject](filepath.Join(d.dir, RejectsName))
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

// part returns a part, opened if need be.
func (d *Dataset) part(n int) (*part, error) {
	return d.parts.get(n, func() (*part, *os.File, error) {
		path := filepath.Join(d.dir, d.manifest.Files[n].Name)
		f, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		p, err := openPart(path, f, d.manifest.Files[n].Bytes)
		if err == nil {
			err = p.agrees(d.manifest.Files[n].RowGroups)
		}
		if err != nil {
			f.Close()
			return nil, nil, err
		}
		return p, f, nil
	})
}

type openFile struct {
	f       *os.File
	parquet *parquet.File
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
