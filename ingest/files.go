package ingest

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/arrow"
	"github.com/pali3/pali3/shards/format/mapping"
	"github.com/pali3/pali3/shards/format/mds"
	"github.com/pali3/pali3/shards/format/tfrecord"
)

// Files reads files of samples that other tools wrote, one after another. Keys and origins name a
// file by its base name, with as many folders above as tell two of the files apart.
type Files struct {
	kind    string
	paths   []string
	names   []string // of the paths, for keys and origins
	given   []string // what the paths were found by
	left    []shards.LeftOut
	mapping mapping.Mapping
	plan    *mapping.Plan // of the first file; nil if its columns cannot be read
	columns map[string][]mapping.Column
	format  fileFormat
	meter   *meter
}

// fileFormat reads one kind of files.
type fileFormat struct {
	columns func(path string) ([]mapping.Column, error)
	records func(path, name string, m mapping.Mapping) iter.Seq[shards.Record]
	all     bool // the columns of every file are known without reading records
	asText  bool // bytes may be text
}

// NewArrow returns a source of Arrow IPC files and streams (.arrow, .feather): Hugging Face's
// caches, Polars, pyarrow. Columns are taken by their common names, see [Files.Map].
func NewArrow(files ...string) (*Files, error) {
	return newFiles("arrow", files, fileFormat{all: true,
		columns: columnsOfEach(func(f input) ([]mapping.Column, error) { return arrow.Columns(f) }),
		records: openEach("arrow", func(f input, name string, m mapping.Mapping) iter.Seq[shards.Record] {
			return arrow.ReadMapped(f, name, m)
		})})
}

// NewTFRecord returns a source of TFRecord files of tf.Example and tf.SequenceExample, plain or
// compressed. Features are taken by their common names, see [Files.Map].
func NewTFRecord(files ...string) (*Files, error) {
	return newFiles("tfrecord", files, fileFormat{asText: true,
		columns: columnsOfEach(func(f input) ([]mapping.Column, error) { return tfrecord.Columns(f) }),
		records: openEach("tfrecord", func(f input, name string, m mapping.Mapping) iter.Seq[shards.Record] {
			return tfrecord.ReadMapped(f, name, m)
		})})
}

// NewMDS returns a source of datasets that MosaicML's Streaming wrote: folders with an index.json.
// Columns are taken by their encodings and common names, see [Files.Map].
func NewMDS(dirs ...string) (*Files, error) {
	if len(dirs) == 0 {
		return nil, fmt.Errorf("no datasets given")
	}
	given, dirs := dirs, expandMDS(dirs)
	for _, dir := range dirs {
		if err := checkInput(shards.Below(dir, mds.IndexName)); err != nil {
			return nil, fmt.Errorf("%s is no MDS dataset, a folder with an %s: %w", dir, mds.IndexName, err)
		}
	}
	f := &Files{kind: "mds", paths: dirs, names: namesOf(dirs), given: given, format: fileFormat{columns: columnsOfMDS, records: readMDS, all: true}, meter: new(meter)}
	return f, f.Map(Columns{}, "", "")
}

// Map says which columns are what, instead of their common names. Language is of texts of which no
// column says it, kind of all texts. A column that is not there is an error.
func (f *Files) Map(c Columns, language, kind string) error {
	f.mapping = c.mapping(language, kind)
	f.mapping.BytesAsText = f.format.asText
	f.plan = nil
	for i, path := range f.paths {
		if i > 0 && (!f.format.all || !c.namesAny() || shards.IsURL(path)) {
			break
		}
		columns := f.columnsOf(path)
		if columns == nil {
			continue // reading the file says what is wrong with it
		}
		plan, err := f.mapping.For(columns)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if f.plan == nil {
			f.plan = plan
		}
	}
	return nil
}

// columnsOf returns the columns of a file, nil if they cannot be read. They are looked up once.
func (f *Files) columnsOf(path string) []mapping.Column {
	columns, there := f.columns[path]
	if !there {
		columns, _ = f.format.columns(path)
		if f.columns == nil {
			f.columns = map[string][]mapping.Column{}
		}
		f.columns[path] = columns
	}
	return columns
}

// ColumnsTaken implements [Mapped].
func (f *Files) ColumnsTaken() string {
	if f.plan == nil {
		return ""
	}
	return f.plan.Describe()
}

// columnsOfMDS returns the columns of a dataset in a folder or in an object store.
func columnsOfMDS(dir string) ([]mapping.Column, error) {
	fsys, end, err := openMDS(dir)
	if err != nil {
		return nil, err
	}
	defer end()
	return mds.Columns(fsys)
}

// readMDS reads a dataset in a folder or in an object store.
func readMDS(dir, name string, m mapping.Mapping) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		fsys, end, err := openMDS(dir)
		if err != nil {
			yield(shards.Bad(name, "", Unreadable, err))
			return
		}
		defer end()
		mds.ReadFS(fsys, name, m)(yield)
	}
}

// openMDS opens the folder or the place of a dataset.
func openMDS(dir string) (fsys fs.FS, end func(), err error) {
	if !shards.IsURL(dir) {
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, nil, err
		}
		return root.FS(), func() { root.Close() }, nil
	}
	store, err := shards.OpenStore(dir)
	if err != nil {
		return nil, nil, err
	}
	return storeFS{store}, func() { closeStore(store) }, nil
}

func newFiles(kind string, given []string, format fileFormat) (*Files, error) {
	like := arrowFiles
	if kind == "tfrecord" {
		like = tfrecordFiles
	}
	files, left, err := expand(given, like)
	if err != nil {
		return nil, err
	}
	if err := checkFiles(files); err != nil {
		return nil, err
	}
	for i, file := range files {
		if i > 0 && shards.IsURL(file) {
			continue // each is a request; it is looked at before it is read
		}
		if err := checkKindOf(file, kind); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	f := &Files{kind: kind, paths: files, names: namesOf(files), given: given, left: left, format: format, meter: new(meter)}
	return f, f.Map(Columns{}, "", "")
}

// checkKindOf is checkKind of a file that can be opened.
func checkKindOf(file, kind string) error {
	opened, err := openInput(file)
	if err != nil {
		return nil // reading it says so
	}
	defer opened.Close()
	return checkKind(opened, kind)
}

// columnsOfEach opens a file for as long as its columns are read.
func columnsOfEach(read func(f input) ([]mapping.Column, error)) func(string) ([]mapping.Column, error) {
	return func(path string) ([]mapping.Column, error) {
		f, err := openInput(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return read(f)
	}
}

// openEach opens a file for as long as its records are read.
func openEach(kind string, read func(input, string, mapping.Mapping) iter.Seq[shards.Record]) func(string, string, mapping.Mapping) iter.Seq[shards.Record] {
	return func(path, name string, m mapping.Mapping) iter.Seq[shards.Record] {
		return func(yield func(shards.Record) bool) {
			f, err := openInput(path)
			if err != nil {
				yield(shards.Bad(name, "", Unreadable, err))
				return
			}
			defer f.Close()
			if err := checkKind(f, kind); err != nil {
				yield(shards.Bad(name, "", shards.BadArchive, err))
				return
			}
			for record := range read(f, name, m) {
				if !yield(record) {
					return
				}
			}
		}
	}
}

// Name implements [Source].
func (f *Files) Name() string { return f.kind + " " + strings.Join(f.given, " ") }

// filesVersion changes when the same files give other records or keys: an interrupted run resumes
// only with the same.
const filesVersion = 3

// Fingerprint implements [Source].
func (f *Files) Fingerprint() (string, error) {
	print, err := f.fingerprintFiles()
	return shards.Hash(fmt.Appendf(nil, "%s %d %+v", print, filesVersion, f.mapping)), err
}

func (f *Files) fingerprintFiles() (string, error) {
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
		for i, path := range f.paths {
			for record := range f.format.records(path, f.names[i], f.mapping) {
				if ctx.Err() != nil || !yield(record) {
					return
				}
			}
			f.meter.add(1)
		}
		beside(ctx.Err() == nil, f.left, yield)
	}
}
