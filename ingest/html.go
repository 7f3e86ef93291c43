package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path"
	"runtime"
	"strings"
	"time"

	"github.com/pali3/pali3/ingest/page"
	"github.com/pali3/pali3/shards"
)

// HTML reads the pages of a folder tree (.html, .htm, .xhtml), in order of their paths: each picture that they show, with what
// the page says of it. Pictures are read from below the folder; those on the web are rejects ([NoImage]). The key
// of a picture is its page's path and its number there.
type HTML struct {
	Dir string

	meter *meter
}

// NewHTML checks that the folder is there.
func NewHTML(dir string) (*HTML, error) {
	if _, err := NewFolder(dir, ""); err != nil {
		return nil, err
	}
	return &HTML{dir, new(meter)}, nil
}

// Name implements [Source].
func (h *HTML) Name() string { return "html " + h.Dir }

// Fingerprint implements [Source].
func (h *HTML) Fingerprint() (string, error) { return (&Folder{Dir: h.Dir}).Fingerprint() }

// Part implements [Measured].
func (h *HTML) Part() float64 { return h.meter.part() }

// Records implements [Source].
func (h *HTML) Records(ctx context.Context) iter.Seq[shards.Record] { return h.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: for the first n records pages are read, and no pictures.
func (h *HTML) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		root, err := os.OpenRoot(h.Dir)
		if err != nil {
			yield(shards.Bad(h.Dir, "", Unreadable, err))
			return
		}
		defer root.Close()
		h.meter.begin(countFiles(ctx, root, isPage))
		mentions := flatten(inOrder(ctx, pagesBelow(ctx, root), 2*runtime.GOMAXPROCS(0), func(_ context.Context, name string) []mention {
			defer h.meter.add(1)
			return h.mentions(root, name)
		}))
		get := func(m *mention) ([]byte, string, error) { return localPicture(root, m.image.URL) }
		for record := range join(ctx, mentions, n, get) {
			if local, ok := strings.CutPrefix(record.Sample.Provenance.URL, localPages); ok {
				record.Sample.Provenance.URL = local
			}
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// localPages is where the pages of a folder seem to be, so that their links lead to files below it.
const localPages = "file:///"

func isPage(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".html", ".htm", ".xhtml":
		return true
	}
	return false
}

// pagesBelow yields the pages' paths.
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

func (h *HTML) mentions(root *os.Root, name string) []mention {
	origin := path.Join(h.Dir, name)
	content, reason, err := readWithin(root, name, page.MaxBytes)
	if err != nil {
		return rejected(origin, reason, err)
	}
	parsed, err := page.Parse(content, localPages+(&url.URL{Path: name}).EscapedPath(), "", "")
	if err != nil {
		return rejected(origin, BadPage, err)
	}
	all := mentionsOf(parsed, origin, name, time.Time{})
	for i := range all {
		all[i].key = fmt.Sprintf("%s#%d", name, i+1)
	}
	return all
}

// localPicture reads the file that a local page's link leads to.
func localPicture(root *os.Root, address string) (content []byte, reason string, err error) {
	target, err := url.Parse(address)
	if err != nil || target.Scheme != "file" || target.Host != "" {
		return nil, NoImage, fmt.Errorf("%.500s is not below the folder", address)
	}
	name := strings.TrimPrefix(path.Clean("/"+target.Path), "/") // pages have doubled slashes, too
	if !fs.ValidPath(name) {
		return nil, Outside, fmt.Errorf("%q is not below the folder", name)
	}
	content, reason, err = readWithin(root, name, maxImageFile)
	if errors.Is(err, fs.ErrNotExist) {
		reason = NoImage
	}
	return content, reason, err
}
