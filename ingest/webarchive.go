package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"

	"github.com/pali3/pali3/ingest/page"
	"github.com/pali3/pali3/ingest/warc"
	"github.com/pali3/pali3/shards"
)

// WARC reads web archives (WARC and ARC). Its records are
//   - the pictures that their pages show, each with what the page says of it, the bytes taken from the same archives (a
//     picture that they lack is a reject, [NoImage]; [WARC.Links] lists them for a source of URLs),
//   - the pictures of the pages that a WAT file describes, in the same way,
//   - the documents of a WET file: text alone.
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
		for record := range join(ctx, w.mentions(ctx), n, pictures.get) {
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

// archivedPage is a record of an archive that says something of pictures, or is text.
type archivedPage struct {
	origin   string
	kind     string // pageHTML, pageWAT, pageText, or "" with err
	record   *warc.Record
	response *warc.Response
	content  []byte
	reason   string
	err      error
}

const (
	pageHTML = "html"
	pageWAT  = "wat"
	pageText = "text"
)

// Bounds of what is read of a record, in bytes.
const (
	maxWAT      = 32 << 20
	maxDocument = 16 << 20
)

// archivedPages yields the pages of all archives, read but not parsed. A damaged archive ends in one reject.
func (w *WARC) archivedPages(ctx context.Context) iter.Seq[archivedPage] {
	return func(yield func(archivedPage) bool) {
		for _, file := range w.Files {
			for record, err := range archiveRecords(file, w.meter) {
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					if !yield(archivedPage{origin: called(file), reason: shards.BadArchive, err: err}) {
						return
					}
					break
				}
				if p, ok := readPage(file, record); ok && !yield(p) {
					return
				}
			}
		}
	}
}

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
		for {
			record, err := reader.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(record, err) || err != nil {
				return
			}
		}
	}
}

// readPage reads a record if it is a page, the description of one, or a document.
func readPage(file string, record *warc.Record) (p archivedPage, ok bool) {
	p = archivedPage{origin: fmt.Sprintf("%s byte %d %s", called(file), record.Offset, record.URI), record: record}
	limit := int64(page.MaxBytes)
	body := io.Reader(record)
	switch {
	case record.Type == "metadata" && strings.HasPrefix(record.Kind, "application/json"):
		p.kind, limit = pageWAT, maxWAT
	case record.Type == "conversion" && strings.HasPrefix(record.Kind, "text/plain"):
		p.kind, limit = pageText, maxDocument
	case record.Type == "resource" && isHTML(record.Kind):
		p.kind, p.response = pageHTML, &warc.Response{Status: 200, Header: map[string]string{"content-type": record.Kind}}
	case record.Type == "response" && strings.HasPrefix(record.Kind, "application/http"):
		response, err := warc.ParseResponse(record)
		if err != nil {
			p.reason, p.err = BadPage, err
			return p, true
		}
		if response.Status != 200 || !isHTML(response.Header["content-type"]) {
			return p, false
		}
		p.kind, p.response, body = pageHTML, response, response.Body
	default:
		return p, false
	}
	if p.content, p.err = io.ReadAll(io.LimitReader(body, limit)); p.err != nil && len(p.content) == 0 {
		p.kind, p.reason = "", BadPage
	}
	return p, true
}

func isHTML(kind string) bool {
	kind = strings.ToLower(kind)
	return strings.HasPrefix(kind, "text/html") || strings.HasPrefix(kind, "application/xhtml")
}

// mentions parses the page. Of one that is cut short, what there is of it counts.
func (p archivedPage) mentions() []mention {
	switch p.kind {
	case pageHTML:
		parsed, err := page.Parse(p.content, p.record.URI, p.response.Header["content-type"], p.response.Header["content-language"])
		if err != nil {
			return rejected(p.origin, BadPage, err)
		}
		return mentionsOf(parsed, p.origin, p.record.URI, p.record.Date)
	case pageWAT:
		parsed, address, err := parseWAT(p.content)
		if err != nil {
			return rejected(p.origin, BadPage, err)
		}
		return mentionsOf(parsed, p.origin, address, p.record.Date)
	case pageText:
		return []mention{{record: p.document()}}
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
