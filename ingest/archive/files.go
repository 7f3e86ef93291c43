package archive

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/tabular"
	"github.com/pali3/pali3/internal/format/mds"
	"github.com/pali3/pali3/internal/format/tfrecord"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/arrow"
	"github.com/pali3/pali3/shards/format/mapping"
)

// Files reads sample files written by other tools, in sequence. Keys and origins use a file's base
// name, preceded by as many parent folders as are needed to make the names distinct.
type Files struct {
	stores  shards.Stores
	kind    string
	paths   []string
	names   []string // of the paths, for keys and origins
	given   []string // the arguments that the paths were found by
	left    []shards.LeftOut
	mapping mapping.Mapping
	plan    *mapping.Plan // of the first file; nil if its columns cannot be read
	columns map[string][]mapping.Column
	format  fileFormat
	meter   *input.Meter
}

// fileFormat reads one kind of file.
type fileFormat struct {
	columns func(path string) ([]mapping.Column, error)
	records func(path, name string, m mapping.Mapping) iter.Seq[shards.Record]
	all     bool // columns are known without reading records
	asText  bool // bytes may be text
}

// NewArrow returns a source of Arrow IPC files and streams (.arrow, .feather): Hugging Face's
// caches, Polars, pyarrow. Columns are recognized by their common names; see [Files.Map].
func NewArrow(stores shards.Stores, files ...string) (*Files, error) {
	return newFiles(stores, "arrow", files, fileFormat{all: true,
		columns: columnsOfEach(stores, func(f input.File) ([]mapping.Column, error) { return arrow.Columns(f) }),
		records: openEach(stores, "arrow", func(f input.File, name string, m mapping.Mapping) iter.Seq[shards.Record] {
			return arrow.ReadMapped(f, name, m)
		})})
}

// NewTFRecord returns a source of TFRecord files of tf.Example and tf.SequenceExample, plain or
// compressed. Features are recognized by their common names; see [Files.Map].
func NewTFRecord(stores shards.Stores, files ...string) (*Files, error) {
	return newFiles(stores, "tfrecord", files, fileFormat{asText: true,
		columns: columnsOfEach(stores, func(f input.File) ([]mapping.Column, error) { return tfrecord.Columns(f) }),
		records: openEach(stores, "tfrecord", func(f input.File, name string, m mapping.Mapping) iter.Seq[shards.Record] {
			return tfrecord.ReadMapped(f, name, m)
		})})
}

// NewMDS returns a source of MosaicML Streaming datasets: folders with an index.json. Columns are
// recognized by their encodings and common names; see [Files.Map].
func NewMDS(stores shards.Stores, dirs ...string) (*Files, error) {
	if len(dirs) == 0 {
		return nil, fmt.Errorf("no datasets given")
	}
	given, dirs := dirs, expandMDS(dirs)
	for _, dir := range dirs {
		if err := input.Check(stores, shards.Below(dir, mds.IndexName)); err != nil {
			return nil, fmt.Errorf("%s is not an MDS dataset (a folder with an %s): %w", dir, mds.IndexName, err)
		}
	}
	f := &Files{stores: stores, kind: "mds", paths: dirs, names: input.NamesOf(dirs), given: given, format: fileFormat{columns: columnsOfMDS(stores), records: readMDS(stores), all: true}, meter: new(input.Meter)}
	return f, f.Map(tabular.Columns{}, "", "")
}

// Map assigns columns explicitly instead of by their common names. Language applies to texts
// without a language column, kind to all texts. A missing column is an error.
func (f *Files) Map(c tabular.Columns, language, kind string) error {
	f.mapping = c.Mapping(language, kind)
	f.mapping.BytesAsText = f.format.asText
	f.plan = nil
	for i, path := range f.paths {
		if i > 0 && (!f.format.all || !c.NamesAny() || shards.IsURL(path)) {
			break
		}
		columns := f.columnsOf(path)
		if columns == nil {
			continue // reading the file reports the error
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

// columnsOf returns the columns of a file, or nil if they cannot be read. It caches the result.
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

// ColumnsTaken implements [ingest.Mapped].
func (f *Files) ColumnsTaken() string {
	if f.plan == nil {
		return ""
	}
	return f.plan.Describe()
}

// columnsOfMDS returns a reader of the columns of a dataset in a folder or in an object store.
func columnsOfMDS(stores shards.Stores) func(dir string) ([]mapping.Column, error) {
	return func(dir string) ([]mapping.Column, error) {
		fsys, end, err := input.OpenFS(stores, dir)
		if err != nil {
			return nil, err
		}
		defer end()
		return mds.Columns(fsys)
	}
}

// readMDS returns a reader of the records of a dataset in a folder or in an object store.
func readMDS(stores shards.Stores) func(dir, name string, m mapping.Mapping) iter.Seq[shards.Record] {
	return func(dir, name string, m mapping.Mapping) iter.Seq[shards.Record] {
		return func(yield func(shards.Record) bool) {
			fsys, end, err := input.OpenFS(stores, dir)
			if err != nil {
				yield(shards.Bad(name, "", ingest.Unreadable, err))
				return
			}
			defer end()
			mds.ReadFS(fsys, name, m)(yield)
		}
	}
}

func newFiles(stores shards.Stores, kind string, given []string, format fileFormat) (*Files, error) {
	like := arrowFiles
	if kind == "tfrecord" {
		like = tfrecordFiles
	}
	files, left, err := input.Expand(given, like)
	if err != nil {
		return nil, err
	}
	if err := input.CheckFiles(stores, files); err != nil {
		return nil, err
	}
	for i, file := range files {
		if i > 0 && shards.IsURL(file) {
			continue // each check is a request; reading the object checks it
		}
		if err := checkKindOf(stores, file, kind); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	f := &Files{stores: stores, kind: kind, paths: files, names: input.NamesOf(files), given: given, left: left, format: format, meter: new(input.Meter)}
	return f, f.Map(tabular.Columns{}, "", "")
}

// checkKindOf opens a file and checks its kind.
func checkKindOf(stores shards.Stores, file, kind string) error {
	opened, err := input.Open(stores, file)
	if err != nil {
		return nil // reading it reports the error
	}
	defer opened.Close()
	return input.CheckKind(opened, kind)
}

// columnsOfEach adapts a reader of columns to open and close its file.
func columnsOfEach(stores shards.Stores, read func(f input.File) ([]mapping.Column, error)) func(string) ([]mapping.Column, error) {
	return func(path string) ([]mapping.Column, error) {
		f, err := input.Open(stores, path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return read(f)
	}
}

// openEach adapts a reader of records to open and close its file.
func openEach(stores shards.Stores, kind string, read func(input.File, string, mapping.Mapping) iter.Seq[shards.Record]) func(string, string, mapping.Mapping) iter.Seq[shards.Record] {
	return func(path, name string, m mapping.Mapping) iter.Seq[shards.Record] {
		return func(yield func(shards.Record) bool) {
			f, err := input.Open(stores, path)
			if err != nil {
				yield(shards.Bad(name, "", ingest.Unreadable, err))
				return
			}
			defer f.Close()
			if err := input.CheckKind(f, kind); err != nil {
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

// Name implements [ingest.Source].
func (f *Files) Name() string { return f.kind + " " + strings.Join(f.given, " ") }

// filesVersion changes whenever the same files give different records or keys; an interrupted run
// resumes only with an equal version.
const filesVersion = 3

// Fingerprint implements [ingest.Source].
func (f *Files) Fingerprint() (string, error) {
	print, err := f.fingerprintFiles()
	return shards.Hash(fmt.Appendf(nil, "%s %d %+v", print, filesVersion, f.mapping)), err
}

func (f *Files) fingerprintFiles() (string, error) {
	if f.kind != "mds" {
		return input.FingerprintFiles(f.stores, f.paths...)
	}
	var all []string
	for _, dir := range f.paths {
		print, err := input.FingerprintFolder(dir, "")
		if shards.IsURL(dir) {
			print, err = input.FingerprintFiles(f.stores, shards.Below(dir, mds.IndexName)) // the index holds the shards' hashes, or at least their sizes
		}
		if err != nil {
			return "", err
		}
		all = append(all, print)
	}
	return shards.Hash([]byte(strings.Join(all, " "))), nil
}

// Part implements [ingest.Measured].
func (f *Files) Part() float64 { return f.meter.Part() }

// Records implements [ingest.Source].
func (f *Files) Records(ctx context.Context, _ ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		f.meter.Begin(int64(len(f.paths)))
		for i, path := range f.paths {
			for record := range f.format.records(path, f.names[i], f.mapping) {
				if ctx.Err() != nil || !yield(record) {
					return
				}
			}
			f.meter.Add(1)
		}
		input.YieldLeftOut(ctx.Err() == nil, f.left, yield)
	}
}

// Names of the files that are read from a folder.
var (
	arrowFiles    = regexp.MustCompile(`(?i)\.(arrows?|feather|ipc)$`)
	tfrecordFiles = regexp.MustCompile(`(?i)tfrec|-\d+-of-\d+$`)
	tarFiles      = regexp.MustCompile(`(?i)\.(tar|tgz|tbz2?|tzst|tar\.(gz|zst|bz2|xz))$`)
)

// expandMDS returns the datasets that the arguments name: a dataset folder, the datasets in a
// folder that is not one itself, or the dataset of a named index or shard.
func expandMDS(dirs []string) (all []string) {
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if shards.IsURL(dir) || err != nil {
			all = append(all, dir)
			continue
		}
		if !info.IsDir() {
			dir = filepath.Dir(dir)
		}
		below, _ := filepath.Glob(filepath.Join(escaped.Replace(dir), "*", mds.IndexName))
		if _, err := os.Stat(filepath.Join(dir, mds.IndexName)); err == nil || len(below) == 0 {
			all = append(all, dir)
			continue
		}
		for _, index := range below {
			all = append(all, filepath.Dir(index))
		}
	}
	return all
}

// escaped returns a pattern that matches only the name.
var escaped = strings.NewReplacer("*", "\\*", "?", "\\?", "[", "\\[", "\\", "\\\\")
