package crawl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest"
	"github.com/pali3/pali3/ingest/internal/input"
	"github.com/pali3/pali3/ingest/internal/ordered"
	"github.com/pali3/pali3/ingest/internal/warc"
	"github.com/pali3/pali3/internal/imagefile"
	"github.com/pali3/pali3/shards"
)

// WARC reads web archives (WARC and ARC). Its records are:
//   - the images that their pages show, each with the page's text about it; bytes come from the
//     same archives (an image that they lack is a reject, [ingest.NoImage]; [WARC.Links] lists
//     these images for a source of URLs),
//   - the images of the pages that a WAT file describes, in the same way,
//   - the documents of a WET file: text alone.
//
// Other records, and images that no page shows, are counted by kind as left out.
//
// Archives are read twice: first to locate the images, then for the pages. Only the images of
// records in progress are held in memory.
type WARC struct {
	Files []string

	stores shards.Stores
	meter  *input.Meter
	given  []string // the arguments that the files were found by
	left   []shards.LeftOut
}

// NewWARC returns a source of archives, or an error if one does not exist.
func NewWARC(stores shards.Stores, files ...string) (*WARC, error) {
	if len(files) == 0 {
		return nil, errors.New("no files given")
	}
	given := files
	files, left, err := input.Expand(given, webFiles)
	if err != nil {
		return nil, err
	}
	if err := input.CheckFiles(stores, files); err != nil {
		return nil, err
	}
	return &WARC{stores: stores, Files: files, given: given, left: left, meter: new(input.Meter)}, nil
}

// Name implements [ingest.Source].
func (w *WARC) Name() string { return "warc " + strings.Join(w.given, " ") }

// Fingerprint implements [ingest.Source].
func (w *WARC) Fingerprint() (string, error) { return input.FingerprintFiles(w.stores, w.Files...) }

// Part implements [ingest.Measured].
func (w *WARC) Part() float64 { return w.meter.Part() }

// Records implements [ingest.Source].
//
// For records before the cursor it reads the pages, but no images.
func (w *WARC) Records(ctx context.Context, from ingest.Cursor) iter.Seq[shards.Record] {
	n := from.Skip()
	return func(yield func(shards.Record) bool) {
		w.meter.Begin(2 * input.SizeOf(w.Files...))
		images := newArchived()
		defer images.close()
		for _, file := range w.Files {
			if ctx.Err() != nil {
				return
			}
			images.addFile(w.stores, file, w.meter) // the second pass reports the file's errors
		}
		for record := range join(ctx, images.andUnshown(ctx, w.mentions(ctx)), n, images.get) {
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// mentions yields the images and documents of the archives.
func (w *WARC) mentions(ctx context.Context) iter.Seq[mention] {
	pages := flatten(ordered.Map(ctx, w.archivedPages(ctx), 2*runtime.GOMAXPROCS(0),
		func(_ context.Context, p archivedPage) []mention { return p.mentions() }))
	if len(w.left) == 0 {
		return pages
	}
	return func(yield func(mention) bool) {
		for m := range pages {
			if !yield(m) {
				return
			}
		}
		if ctx.Err() == nil {
			yield(aside("", w.left...))
		}
	}
}

// archivedPages yields the pages of all archives, read but not parsed. A damaged archive ends with
// one reject; a record with a wrong length is also one.
func (w *WARC) archivedPages(ctx context.Context) iter.Seq[archivedPage] {
	return func(yield func(archivedPage) bool) {
		names := input.GivenNames(w.Files)
		for i, file := range w.Files {
			if !w.pagesOf(ctx, file, names[i], yield) {
				return
			}
		}
	}
}

// pagesOf yields the pages of an archive, and finally what it left out.
func (w *WARC) pagesOf(ctx context.Context, file, name string, yield func(archivedPage) bool) bool {
	left := map[string]int64{}
	records := 0
	for record, err := range archiveRecords(w.stores, file, w.meter) {
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			if records == 0 {
				err = notArchive(w.stores, file, err)
			}
			if !yield(archivedPage{origin: name, reason: shards.BadArchive, err: err}) {
				return false
			}
			if errors.Is(err, warc.ErrLost) {
				continue
			}
			break
		}
		records++
		p, other := readPage(name, record)
		if other == leftImage {
			continue
		}
		if other != "" {
			left[other]++
		} else if !yield(p) {
			return false
		}
	}
	if len(left) == 0 {
		return true
	}
	aside := archivedPage{origin: name, kind: pageLeft}
	for _, what := range slices.SortedFunc(maps.Keys(left), func(a, b string) int {
		return cmp.Or(cmp.Compare(left[b], left[a]), strings.Compare(a, b))
	}) {
		aside.left = append(aside.left, shards.LeftOut{Reason: shards.LeftRecord, Name: what, N: left[what]})
	}
	return yield(aside)
}

// errEmptyArchive is the error of a file without records.
var errEmptyArchive = errors.New("the archive has no records")

// archiveRecords yields the records of an archive. It ends after any error except [warc.ErrLost].
func archiveRecords(stores shards.Stores, file string, m *input.Meter) iter.Seq2[*warc.Record, error] {
	return func(yield func(*warc.Record, error) bool) {
		f, err := input.Open(stores, file)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		reader, err := warc.NewReader(m.Reader(f))
		if err != nil {
			yield(nil, err)
			return
		}
		for n := 0; ; n++ {
			record, err := reader.Next()
			if errors.Is(err, io.EOF) {
				if n == 0 {
					yield(nil, errEmptyArchive)
				}
				return
			}
			if !yield(record, err) || err != nil && !errors.Is(err, warc.ErrLost) {
				return
			}
		}
	}
}

// notArchive names the actual kind of a file that holds no archive.
func notArchive(stores shards.Stores, file string, err error) error {
	f, failure := input.Open(stores, file)
	if failure != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := io.ReadFull(f, head)
	switch kind := imagefile.Kind(head[:n]); kind {
	case "gzip data", "zstd data":
		return fmt.Errorf("this is %s, and its content is not a WARC, ARC, WAT or WET archive: %w", kind, err)
	case "a WARC archive":
		return err
	default:
		return fmt.Errorf("this is %s, not a WARC, ARC, WAT or WET archive: %w", kind, err)
	}
}

// webFiles matches the names of the archives that are read from a folder.
var webFiles = regexp.MustCompile(`(?i)\.(w?arc|wet|wat)(\.gz|\.zst)?$`)
