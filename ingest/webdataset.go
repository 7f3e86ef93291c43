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
	return &WebDataset{Files: files}, nil
}

// Name implements [Source].
func (w *WebDataset) Name() string { return "webdataset " + strings.Join(w.Files, " ") }

// Fingerprint implements [Source].
func (w *WebDataset) Fingerprint() (string, error) { return fingerprintFiles(w.Files...) }

// Records implements [Source].
func (w *WebDataset) Records(ctx context.Context) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		for _, file := range w.Files {
			if ctx.Err() != nil || !readArchive(file, yield) {
				return
			}
		}
	}
}

func readArchive(file string, yield func(shards.Record) bool) bool {
	f, err := openStream(file)
	if err != nil {
		return yield(shards.Bad(file, "", shards.BadArchive, err))
	}
	defer f.Close()
	for record := range shards.ReadWebDataset(f, called(file)) {
		if !yield(record) {
			return false
		}
	}
	return true
}
