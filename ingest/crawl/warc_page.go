package crawl

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/ingest/internal/page"
	"github.com/pali3/pali3/ingest/internal/warc"
	"github.com/pali3/pali3/shards"
)

// archivedPage is a record of an archive that may yield samples: a page, its WAT description, or a
// text.
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
	pageLeft = "left" // only left-out items
)

// Limits of the bytes read from a record.
const (
	maxWAT      = 32 << 20
	maxDocument = 16 << 20
)

// readPage reads a record if it is a page, the description of one, or a document. For any other
// record, left names its kind.
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

// leftImage is the kind of image records, which are counted once all pages are known.
const leftImage = "image"

// read reads the content. The rest after the limit or a fault is left out.
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

// mentions parses the page. It uses whatever a truncated page contains.
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

// document makes the record of a WET text.
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
