package archive

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"path/filepath"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/format/webdataset"
)

// WebDataset reads WebDataset archives in sequence, as [webdataset.Read] does. An archive may be a
// named pipe, or "-" for standard input.
type WebDataset struct {
	Files     []string
	ByArchive bool // prefixes keys with the archive's name, for archives whose numbering restarts

	stores shards.Stores
	meter  *input.Meter
	given  []string // the arguments that the files were found by
	left   []shards.LeftOut
	named  *namedMembers // nil if no member is named
}

// NewWebDataset returns a source of archives, or an error if one does not exist.
func NewWebDataset(stores shards.Stores, files ...string) (*WebDataset, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("no archives given")
	}
	given := files
	files, left, err := input.Expand(given, tarFiles)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if input.IsStream(file) {
			continue
		}
		if err := input.Check(stores, file); err != nil {
			return nil, err
		}
	}
	return &WebDataset{stores: stores, Files: files, given: given, left: left, meter: new(input.Meter)}, nil
}

// Name implements [ingest.Source].
func (w *WebDataset) Name() string { return "webdataset " + strings.Join(w.given, " ") }

// archiveVersion changes whenever the same archive gives different records, so that no run resumes
// one that an earlier version began.
const archiveVersion = 3

// Fingerprint implements [ingest.Source].
func (w *WebDataset) Fingerprint() (string, error) {
	print, err := input.FingerprintFiles(w.stores, w.Files...)
	print += fmt.Sprint(" ", archiveVersion)
	if w.ByArchive {
		print += " by archive"
	}
	if w.named != nil {
		print += fmt.Sprintf(" %+v", w.named.plan.Mapping)
	}
	return print, err
}

// Part implements [ingest.Measured].
func (w *WebDataset) Part() float64 { return w.meter.Part() }

// Records implements [ingest.Source].
func (w *WebDataset) Records(ctx context.Context, _ ingest.Cursor) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		w.meter.Begin(input.SizeOf(w.Files...))
		for _, file := range w.Files {
			if ctx.Err() != nil || !w.read(file, yield) {
				return
			}
		}
		input.YieldLeftOut(ctx.Err() == nil, w.left, yield)
	}
}

// records yields the records of an archive, with their raw members if some are named.
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
	f, err := input.OpenStream(w.stores, file)
	if err != nil {
		return yield(shards.Bad(file, "", shards.BadArchive, err))
	}
	defer f.Close()
	for record, members := range w.records(w.meter.Reader(f), input.DisplayName(file)) {
		record = w.named.apply(record, members)
		if w.ByArchive && record.Sample.Key != "" {
			record.Sample.Key = path.Base(filepath.ToSlash(input.DisplayName(file))) + "/" + record.Sample.Key
		}
		if !yield(record) {
			return false
		}
	}
	return true
}
