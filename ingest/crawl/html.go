package crawl

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path"
	"runtime"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/ordered"
	"github.com/pali3/pali3/shards"
)

// HTML reads the pages of a folder tree (.html, .htm, .xhtml and the like) in path order, and
// yields each image with the page's text about it. Images are read from the folder; those on the
// web are rejects ([ingest.NoImage]). The key of an image is its page's path below the folder and
// its number on the page. Finally HTML counts the files that are neither pages nor shown by one as
// left out.
type HTML struct {
	Dir string

	meter *input.Meter
}

// NewHTML returns a source of the pages in dir, or an error if the folder does not exist.
func NewHTML(dir string) (*HTML, error) {
	if err := errors.Join(input.Local(dir), input.CheckFolder(dir)); err != nil {
		return nil, err
	}
	return &HTML{dir, new(input.Meter)}, nil
}

// Name implements [ingest.Source].
func (h *HTML) Name() string { return "html " + h.Dir }

// Fingerprint implements [ingest.Source].
func (h *HTML) Fingerprint() (string, error) { return input.FingerprintFolder(h.Dir, "") }

// Part implements [ingest.Measured].
func (h *HTML) Part() float64 { return h.meter.Part() }

// Records implements [ingest.Source].
//
// For records before the cursor it reads the pages, but no images.
func (h *HTML) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(h.Dir)
		if err != nil {
			yield(shards.Bad(h.Dir, "", ingest.Unreadable, err))
			return
		}
		defer root.Close()
		h.meter.Begin(input.CountFiles(ctx, root, isPage))
		site := &site{name: input.GivenNames([]string{h.Dir})[0], root: root, shown: map[uint64]struct{}{}}
		mentions := flatten(ordered.Map(ctx, pagesBelow(ctx, root), 2*runtime.GOMAXPROCS(0), func(_ context.Context, name string) []mention {
			defer h.meter.Add(1)
			return site.mentions(name)
		}))
		for record := range join(ctx, site.andUnshown(ctx, mentions), n, site.image) {
			if local, ok := strings.CutPrefix(record.Sample.Provenance.URL, localPages); ok {
				record.Sample.Provenance.URL = local
			}
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// localPages is the base address given to a folder's pages, so that their links resolve to files
// below it.
const localPages = "file:///"

func isPage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml", ".xht", ".shtml", ".shtm":
		return true
	}
	return false
}

// pagesBelow yields the paths of the pages.
func pagesBelow(ctx context.Context, root *os.Root) iter.Seq[string] {
	return func(yield func(string) bool) {
		fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			if ctx.Err() != nil {
				return fs.SkipAll
			}
			if err == nil && d.IsDir() {
				return nil
			}
			if err == nil && !isPage(name) {
				return nil
			}
			if !yield(name) {
				return fs.SkipAll
			}
			return nil
		})
	}
}
