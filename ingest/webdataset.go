package ingest

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/pali3/pali3/shards"
)

// WebDataset reads WebDataset archives (tar, plain, gzipped or zstd), one after another. An archive may come through a pipe: a named
// one, or "-", the standard input.
type WebDataset struct {
	Files []string

	meter *meter
}

// NewWebDataset checks that the archives are there.
func NewWebDataset(files ...string) (*WebDataset, error) {
	if len(files) == 0 {
		return nil, fmt.Errorf("no archives given")
	}
	for _, file := range files {
		if isStream(file) {
			continue
		}
		if err := checkInput(file); err != nil {
			return nil, fmt.Errorf("neither a file nor a pipe: %w", err)
		}
	}
	return &WebDataset{Files: files, meter: new(meter)}, nil
}

// Name implements [Source].
func (w *WebDataset) Name() string { return "webdataset " + strings.Join(w.Files, " ") }

// Fingerprint implements [Source].
func (w *WebDataset) Fingerprint() (string, error) { return fingerprintFiles(w.Files...) }

// Part implements [Measured].
func (w *WebDataset) Part() float64 { return w.meter.part() }

// Records implements [Source].
func (w *WebDataset) Records(ctx context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		w.meter.begin(sizeOf(w.Files...))
		for _, file := range w.Files {
			if ctx.Err() != nil || !readArchive(file, w.meter, yield) {
				return
			}
		}
	}
}

func readArchive(file string, m *meter, yield func(shards.Record) bool) bool {
	f, err := openStream(file)
	if err != nil {
		return yield(shards.Bad(file, "", shards.BadArchive, err))
	}
	defer f.Close()
	for record := range shards.ReadWebDataset(m.reader(f), called(file)) {
		if !yield(record) {
			return false
		}
	}
	return true
}
