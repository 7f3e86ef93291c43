package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/pali3/pali3/ingest/page"
	"github.com/pali3/pali3/ingest/warc"
	"github.com/pali3/pali3/internal/picture"
	"github.com/pali3/pali3/shards"
)

// WARC reads web archives (WARC and ARC). Its records are
//   - the images that their pages show, each with what the page says of it, the bytes taken from the same archives (an
//     image that they lack is a reject, [NoImage]; [WARC.Links] lists them for a source of URLs),
//   - the images of the pages that a WAT file describes, in the same way,
//   - the documents of a WET file: text alone.
//
// Of other records, and of images that no page shows, it tells how many there are of each kind.
//
// Archives are read twice: once to find where the pictures are, once for the pages. No picture is held in memory
// but those on their way.
type WARC struct {
	Files []string

	meter *meter
}

// NewWARC checks that the archives are there.
func NewWARC(files ...string) (*WARC, error) {
	if err := checkFiles(files); err != nil {
		return nil, err
	}
	return &WARC{files, new(meter)}, nil
}

// checkFiles checks that files are there.
func checkFiles(files []string) error {
	if len(files) == 0 {
		return errors.New("no files given")
	}
	for _, file := range files {
		if err := checkInput(file); err != nil {
			return err
		}
	}
	return nil
}

// Name implements [Source].
func (w *WARC) Name() string { return "warc " + strings.Join(w.Files, " ") }

// Fingerprint implements [Source].
func (w *WARC) Fingerprint() (string, error) { return fingerprintFiles(w.Files...) }

// Part implements [Measured].
func (w *WARC) Part() float64 { return w.meter.part() }

// Records implements [Source].
func (w *WARC) Records(ctx context.Context) iter.Seq[shards.Record] { return w.RecordsAfter(ctx, 0) }

// RecordsAfter implements [Skipper]: for the first n records pages are read, and no pictures.
func (w *WARC) RecordsAfter(ctx context.Context, n int64) iter.Seq[shards.Record] {
	return func(yield func(shards.Record) bool) {
		w.meter.begin(2 * sizeOf(w.Files...))
		pictures := newArchived()
		defer pictures.close()
		for _, file := range w.Files {
			if ctx.Err() != nil {
				return
			}
			pictures.addFile(file, w.meter) // what is wrong with a file the second reading says
		}
		for record := range join(ctx, pictures.andUnshown(ctx, w.mentions(ctx)), n, pictures.get) {
			if ctx.Err() != nil || !yield(record) {
				return
			}
		}
	}
}

// mentions yields what pages and documents of the archives say.
func (w *WARC) mentions(ctx context.Context) iter.Seq[mention] {
	return flatten(inOrder(ctx, w.archivedPages(ctx), 2*runtime.GOMAXPROCS(0),
		func(_ context.Context, p archivedPage) []mention { return p.mentions() }))
}

// archivedPage is a record of an archive that says something of images, or is text.
type archivedPage struct {
	origin  string
	kind    string // pageHTML, pageWAT, pageText, pageLeft, or "" with err
	record  *warc.Record
	payload payload
	content []byte
	left    []shards.LeftOut
	reason  string
	err     error
}

const (
	pageHTML = "html"
	pageWAT  = "wat"
	pageText = "text"
	pageLeft = "left" // nothing but things left out
)

// Bounds of what is read of a record, in bytes.
const (
	maxWAT      = 32 << 20
	maxDocument = 16 << 20
)

// archivedPages yields the pages of all archives, read but not parsed. A damaged archive ends in one reject.
func (w *WARC) archivedPages(ctx context.Context) iter.Seq[archivedPage] {
	return func(yield func(archivedPage) bool) {
		names := givenNames(w.Files)
		for i, file := range w.Files {
			if !w.pagesOf(ctx, file, names[i], yield) {
				return
			}
		}
	}
}

// pagesOf yields the pages of an archive, and last what was left out of it.
func (w *WARC) pagesOf(ctx context.Context, file, name string, yield func(archivedPage) bool) bool {
	left := map[string]int64{}
	records := 0
	for record, err := range archiveRecords(file, w.meter) {
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			if records == 0 {
				err = notArchive(file, err)
			}
			if !yield(archivedPage{origin: name, reason: shards.BadArchive, err: err}) {
				return false
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

// errEmptyArchive is the error of a file without any record.
var errEmptyArchive = errors.New("the archive has no records")

// archiveRecords yields the records of an archive, and ends after an error.
func archiveRecords(file string, m *meter) iter.Seq2[*warc.Record, error] {
	return func(yield func(*warc.Record, error) bool) {
		f, err := openInput(file)
		if err != nil {
			yield(nil, err)
			return
		}
		defer f.Close()
		reader, err := warc.NewReader(m.reader(f))
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
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// notArchive says of a file that holds no archive what it is.
func notArchive(file string, err error) error {
	f, failure := openInput(file)
	if failure != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := io.ReadFull(f, head)
	switch kind := picture.Kind(head[:n]); kind {
	case "gzip data", "zstd data":
		return fmt.Errorf("this is %s, and what it holds is no WARC, ARC, WAT or WET archive: %w", kind, err)
	case "a WARC archive":
		return err
	default:
		return fmt.Errorf("this is %s, not a WARC, ARC, WAT or WET archive: %w", kind, err)
	}
}

// readPage reads a record if it is a page, the description of one, or a document. Left names the kind of
// another record that is left out, images apart.
func readPage(archive string, record *warc.Record) (p archivedPage, left string) {
	p = archivedPage{origin: fmt.Sprintf("%s byte %d %s", archive, record.Offset, record.URI), record: record}
	limit := int64(page.MaxBytes)
	body := io.Reader(record)
	switch kind := mediaType(record.Kind); {
	case record.Type == "metadata" && kind == "application/json":
		p.kind, limit = pageWAT, maxWAT
	case record.Type == "conversion" && kind == "text/plain":
		p.kind, limit = pageText, maxDocument
	case record.Type == "resource", record.Type == "response":
		var err error
		if p.payload, err = payloadOf(record); err != nil {
			p.reason, p.err = BadPage, err
			return p, ""
		}
		switch {
		case !p.payload.isOK():
			return p, fmt.Sprintf("%s with status %d", record.Type, p.payload.status)
		case strings.HasPrefix(p.payload.kind, "image/"):
			return p, leftImage
		case !isPageKind(p.payload.kind):
			return p, record.Type + " of type " + cmp.Or(p.payload.kind, "unknown")
		}
		p.kind, body = pageHTML, p.payload.body
	case record.Type == "conversion", record.Type == "metadata":
		return p, record.Type + " of type " + cmp.Or(kind, "unknown")
	default:
		return p, cmp.Or(record.Type, "record without a type")
	}
	p.read(body, limit)
	return p, ""
}

// leftImage is the kind of records that are counted when all pages are known.
const leftImage = "image"

// read reads the content. What is beyond the limit, or behind a fault, is left out.
func (p *archivedPage) read(body io.Reader, limit int64) {
	p.content, p.err = io.ReadAll(io.LimitReader(body, limit+1))
	switch {
	case p.err != nil && len(p.content) == 0:
		p.kind, p.reason = "", BadPage
	case p.err != nil:
		p.left = append(p.left, shards.LeftOut{Reason: shards.LeftText, Name: fmt.Sprintf("the end of %s: %v", p.record.URI, p.err)})
	case int64(len(p.content)) > limit:
		p.content = p.content[:limit]
		p.left = append(p.left, shards.LeftOut{Reason: shards.LeftText, Name: fmt.Sprintf("%s beyond its first %d bytes", p.record.URI, limit)})
	}
}

// mentions parses the page. Of one that is cut short, what there is of it counts.
func (p archivedPage) mentions() []mention {
	all := p.parsed()
	if len(p.left) > 0 {
		all = append(all, aside(p.origin, p.left...))
	}
	return all
}

func (p archivedPage) parsed() []mention {
	switch p.kind {
	case pageHTML:
		header := p.payload.header
		parsed, err := page.Parse(p.content, p.record.URI, header["content-type"], header["content-language"])
		if err != nil {
			return rejected(p.origin, BadPage, err)
		}
		return mentionsOf(parsed, p.origin, p.record.URI, p.record.Date, hashKey(p.record.URI))
	case pageWAT:
		parsed, address, err := parseWAT(p.content)
		if err != nil {
			return rejected(p.origin, BadPage, err)
		}
		return mentionsOf(parsed, p.origin, address, p.record.Date, hashKey(address))
	case pageText:
		return []mention{{record: p.document()}}
	case pageLeft:
		return nil
	}
	return rejected(p.origin, p.reason, p.err)
}

// document makes the sample of a WET record.
func (p archivedPage) document() *shards.Record {
	text := strings.TrimSpace(strings.ToValidUTF8(string(p.content), "\uFFFD"))
	key := shards.Hash([]byte(p.record.URI + "\x00" + text))[:32]
	if text == "" {
		record := shards.Bad(p.origin, key, shards.NoContent, errors.New("the document is empty"))
		return &record
	}
	return &shards.Record{Origin: p.origin, Sample: shards.Sample{
		Key:        key,
		Texts:      []shards.Text{{Kind: Document, Language: page.Tag(p.record.Header["warc-identified-content-language"]), Value: text}},
		Provenance: shards.Provenance{PageURL: p.record.URI, FetchedAt: p.record.Date},
	}}
}
