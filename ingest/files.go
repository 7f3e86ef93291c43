package ingest

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/arrow"
	"github.com/pali3/pali3/shards/mds"
	"github.com/pali3/pali3/shards/tfrecord"
)

// Files reads files of samples that other tools wrote, one after another.
type Files struct {
	kind    string
	paths   []string
	records func(path string) iter.Seq[shards.Record]
	meter   *meter
}

// NewArrow returns a source of Arrow IPC files and streams (.arrow, .feather): Hugging Face's caches, Polars, pyarrow. See
// [arrow.Read] for the columns.
func NewArrow(files ...string) (*Files, error) {
	return newFiles("arrow", files, openEach(func(f input, name string) iter.Seq[shards.Record] { return arrow.Read(f, name) }))
}

// NewTFRecord returns a source of TFRecord files of tf.Example, plain or gzipped. See [tfrecord.Read] for the features.
func NewTFRecord(files ...string) (*Files, error) {
	return newFiles("tfrecord", files, openEach(func(f input, name string) iter.Seq[shards.Record] {
		buffered := bufio.NewReaderSize(f, 1<<20)
		var content io.Reader = buffered
		if magic, _ := buffered.Peek(2); string(magic) == "\x1f\x8b" {
			unzipped, err := gzip.NewReader(buffered)
			if err != nil {
				return one(shards.Bad(name, "", shards.BadArchive, err))
			}
			content = unzipped
		}
		return tfrecord.Read(content, name)
	}))
}

// NewMDS returns a source of datasets that MosaicML's Streaming wrote: folders with an index.json. See [mds.Read] for the
// columns.
func NewMDS(dirs ...string) (*Files, error) {
	for _, dir := range dirs {
		if err := checkInput(shards.Below(dir, mds.IndexName)); err != nil {
			return nil, fmt.Errorf("%s is no MDS dataset: %w", dir, err)
		}
	}
	return &Files{"mds", dirs, readMDS, new(meter)}, nil
}

// readMDS reads a dataset in a folder or in an object store.
func readMDS(dir string) iter.Seq[shards.Record] {
	if !shards.IsURL(dir) {
		return mds.Read(dir)
	}
	return func(yield func(shards.Record) bool) {
		store, err := shards.OpenKeeper(dir)
		if err != nil {
			yield(shards.Bad(dir, "", Unreadable, err))
			return
		}
		defer closeStore(store)
		mds.ReadFS(storeFS{store}, called(dir))(yield)
	}
}

func newFiles(kind string, files []string, records func(string) iter.Seq[shards.Record]) (*Files, error) {
	if err := checkFiles(files); err != nil {
		return nil, err
	}
	return &Files{kind, files, records, new(meter)}, nil
}

// openEach opens a file for as long as its records are read.
func openEach(read func(f input, name string) iter.Seq[shards.Record]) func(string) iter.Seq[shards.Record] {
	return func(path string) iter.Seq[shards.Record] {
		return func(yield func(shards.Record) bool) {
			f, err := openInput(path)
			if err != nil {
				yield(shards.Bad(path, "", Unreadable, err))
				return
			}
			defer f.Close()
			for record := range read(f, called(path)) {
				if !yield(record) {
					return
				}
			}
		}
	}
}

func one(record shards.Record) iter.Seq[shards.Record] { return slices.Values([]shards.Record{record}) }

// Name implements [Source].
func (f *Files) Name() string { return f.kind + " " + strings.Join(f.paths, " ") }

// Fingerprint implements [Source].
func (f *Files) Fingerprint() (string, error) {
	if f.kind != "mds" {
		return fingerprintFiles(f.paths...)
	}
	var all []string
	for _, dir := range f.paths {
		print, err := (&Folder{Dir: dir}).Fingerprint()
		if shards.IsURL(dir) {
			print, err = fingerprintFiles(shards.Below(dir, mds.IndexName)) // which has the hashes, or at least the sizes, of the shards
		}
		if err != nil {
			return "", err
		}
		all = append(all, print)
	}
	return shards.Hash([]byte(strings.Join(all, " "))), nil
}

// Part implements [Measured].
func (f *Files) Part() float64 { return f.meter.part() }

// Records implements [Source].
func (f *Files) Records(ctx context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		f.meter.begin(int64(len(f.paths)))
		for _, path := range f.paths {
			for record := range f.records(path) {
				if ctx.Err() != nil || !yield(record) {
					return
				}
			}
			f.meter.add(1)
		}
	}
}
