package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// WebDataset reads WebDataset archives, one after another, as [webdataset.Read] does. An
// archive may come through a pipe: a named one, or "-", the standard input.
type WebDataset struct {
	Files     []string
	ByArchive bool // keys begin with the archive's name: for archives that count from the same number

	meter *meter
	given []string // what the files were found by
	left  []shards.LeftOut
	named *namedMembers // nil where nothing is named
}

// NewWebDataset checks that the archives are there.
func NewWebDataset(files ...string) (*WebDataset, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("no archives given")
	}
	given := files
	files, left, err := expand(given, tarFiles)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if isStream(file) {
			continue
		}
		if err := checkInput(file); err != nil {
			return nil, err
		}
	}
	return &WebDataset{Files: files, given: given, left: left, meter: new(meter)}, nil
}

// Name implements [Source].
func (w *WebDataset) Name() string { return "webdataset " + strings.Join(w.given, " ") }

// Fingerprint implements [Source].
func (w *WebDataset) Fingerprint() (string, error) {
	print, err := fingerprintFiles(w.Files...)
	print += fmt.Sprint(" ", recordsVersion)
	if w.ByArchive {
		print += " by archive"
	}
	if w.named != nil {
		print += fmt.Sprintf(" %+v", w.named.plan.Mapping)
	}
	return print, err
}

// Part implements [Measured].
func (w *WebDataset) Part() float64 { return w.meter.part() }

// Records implements [Source].
func (w *WebDataset) Records(ctx context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		w.meter.begin(sizeOf(w.Files...))
		for _, file := range w.Files {
			if ctx.Err() != nil || !w.read(file, yield) {
				return
			}
		}
		beside(ctx.Err() == nil, w.left, yield)
	}
}

// records yields the records of an archive, with their members if some are named.
func (w *WebDataset) records(r io.Reader, name string) iter.Seq2[shards.Record, map[string]any] {
	if w.named != nil {
		return webdataset.ReadMembers(r, name)
	}
	return func(yield func(shards.Record, map[string]any) bool) {
		for record := range webdataset.Read(r, name) {
			if !yield(record, nil) {
				return
			}
		}
	}
}

func (w *WebDataset) read(file string, yield func(shards.Record) bool) bool {
	f, err := openStream(file)
	if err != nil {
		return yield(shards.Bad(file, "", shards.BadArchive, err))
	}
	defer f.Close()
	for record, members := range w.records(w.meter.reader(f), called(file)) {
		record = w.named.apply(record, members)
		if w.ByArchive && record.Sample.Key != "" {
			record.Sample.Key = path.Base(filepath.ToSlash(called(file))) + "/" + record.Sample.Key
		}
		if !yield(record) {
			return false
		}
	}
	return true
}
