package crawl

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/pali3/pali3/ingest/internal/warc"
)

// payload is the content of an archive's record: a server's response, or a resource.
type payload struct {
	status int
	header map[string]string
	kind   string // the media type; sniffed if the header has none, or calls an image something else
	body   io.Reader
}

// sniffed is the number of bytes of a body that are sniffed for its type (WHATWG MIME Sniffing).
const sniffed = 512

// payloadOf opens a record of type response or resource.
func payloadOf(record *warc.Record) (payload, error) {
	block := bufio.NewReaderSize(record, 4096)
	p := payload{status: http.StatusOK, header: map[string]string{"content-type": record.Kind}, body: block}
	if isHTTP(record, block) {
		response, err := warc.ParseResponse(block)
		if err != nil {
			return p, err
		}
		p.status, p.header, p.body = response.Status, response.Header, response.Body
	}
	p.kind = mediaType(p.header["content-type"])
	if p.kind == "" { // the type that the crawler identified
		p.kind = mediaType(record.Header["warc-identified-payload-type"])
	}
	if p.status < 300 {
		p.sniff()
	}
	return p, nil
}

// isHTTP reports whether a record's block is an HTTP message, by its type or by how it begins.
func isHTTP(record *warc.Record, block *bufio.Reader) bool {
	if record.Type != "response" {
		return false
	}
	if mediaType(record.Kind) == "application/http" {
		return true
	}
	head, _ := block.Peek(5)
	return strings.EqualFold(string(head), "HTTP/")
}

// mediaType returns a media type without its parameters, in lower case.
func mediaType(header string) string {
	if end := strings.IndexAny(header, ";,"); end >= 0 {
		header = header[:end]
	}
	return strings.ToLower(strings.TrimSpace(header))
}

// sniff determines the type of a body whose header has none, and of images with another declared
// type.
func (p *payload) sniff() {
	if isPageKind(p.kind) && p.kind != "text/html" {
		return
	}
	body, ok := p.body.(*bufio.Reader)
	if !ok || body.Size() < sniffed {
		body = bufio.NewReaderSize(p.body, 4096)
		p.body = body
	}
	head, _ := body.Peek(sniffed) // an error recurs when the body is read
	found := mediaType(http.DetectContentType(head))
	switch {
	case strings.HasPrefix(p.kind, "image/"):
	case strings.HasPrefix(found, "image/"):
		p.kind = found
	case p.kind == "", p.kind == "unknown/unknown", p.kind == "application/unknown", p.kind == "*/*":
		if p.kind = found; beginsHTML(head) {
			p.kind = "text/html"
		}
	case p.kind == "text/xml", p.kind == "application/xml":
		if beginsHTML(head) {
			p.kind = "application/xhtml+xml"
		}
	}
}

// beginsHTML reports whether there is an html element near the beginning, after any byte order
// mark, XML declaration or comments.
func beginsHTML(head []byte) bool {
	lower := bytes.ToLower(head)
	return bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<!doctype html"))
}

func isPageKind(kind string) bool {
	switch kind {
	case "text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml", "application/xhtml":
		return true
	}
	return false
}

// isOK reports whether the status is that of a response with its content: 200, or 203 from a cache.
func (p *payload) isOK() bool {
	return p.status == http.StatusOK || p.status == http.StatusNonAuthoritativeInfo
}
