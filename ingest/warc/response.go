package warc

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
)

// Response is an HTTP answer in an archive.
type Response struct {
	Status int
	Header map[string]string // by lower-case names; of repeated ones the first
	Body   io.Reader         // without transfer and content encoding
}

// ParseResponse takes an HTTP response apart, more leniently than a browser would: archives keep what servers sent. Some
// tools undo the encodings and leave the headers that name them, so a body is decoded only where it looks encoded.
func ParseResponse(block io.Reader) (*Response, error) {
	r := bufio.NewReaderSize(block, 4096)
	first, err := readLine(r)
	if err != nil {
		return nil, unexpected(err)
	}
	fields := strings.Fields(first)
	if len(fields) < 2 || !strings.HasPrefix(fields[0], "HTTP/") {
		return nil, fmt.Errorf("%w: no HTTP response: it begins with %.60q", ErrFormat, first)
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return nil, fmt.Errorf("%w: HTTP status %.20q", ErrFormat, fields[1])
	}
	response := &Response{Status: status, Header: map[string]string{}, Body: r}
	if err := response.readHeader(r); err != nil {
		return nil, err
	}
	return response, response.decode(r)
}

func (h *Response) readHeader(r *bufio.Reader) error {
	for size := 0; ; {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) || err == nil && line == "" {
			return nil // an answer without a body
		}
		if err != nil {
			return err
		}
		if size += len(line); size > maxHeader {
			return fmt.Errorf("%w: an HTTP header of over %d bytes", ErrFormat, maxHeader)
		}
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, there := h.Header[name]; !there {
			h.Header[name] = strings.TrimSpace(value)
		}
	}
}

// decode undoes the encodings.
func (h *Response) decode(r *bufio.Reader) error {
	if strings.EqualFold(h.Header["transfer-encoding"], "chunked") && looksChunked(r) {
		r = bufio.NewReader(httputil.NewChunkedReader(r))
	}
	h.Body = r
	magic, _ := r.Peek(2)
	var err error
	switch strings.ToLower(h.Header["content-encoding"]) {
	case "gzip", "x-gzip":
		if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
			h.Body, err = gzip.NewReader(r)
		}
	case "deflate": // RFC 9110 means zlib, and some servers send the bare stream
		switch {
		case len(magic) == 2 && magic[0]&0xf == 8 && (int(magic[0])<<8|int(magic[1]))%31 == 0:
			h.Body, err = zlib.NewReader(r)
		case len(magic) > 0 && magic[0] != '<' && magic[0]&6 != 6:
			h.Body = flate.NewReader(r)
		}
	case "br":
		if len(magic) > 0 && magic[0] != '<' && magic[0] != 0xff && magic[0] != 0x89 {
			h.Body = brotli.NewReader(r)
		}
	}
	return err
}

// looksChunked reports whether a chunk's size stands at the beginning.
func looksChunked(r *bufio.Reader) bool {
	head, _ := r.Peek(18)
	digits := 0
	for digits < len(head) && strings.IndexByte("0123456789abcdefABCDEF", head[digits]) >= 0 {
		digits++
	}
	return digits > 0 && digits < len(head) && digits <= 16 && strings.IndexByte("\r\n; ", head[digits]) >= 0
}
