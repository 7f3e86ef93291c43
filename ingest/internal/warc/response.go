package warc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Response is an HTTP response in an archive.
type Response struct {
	Status int
	Header map[string]string // by lower-case names; the first of repeated ones, all of repeated encodings
	Body   io.Reader         // without transfer and content encoding
}

// ParseResponse parses an HTTP response, more leniently than a browser, because archives keep
// whatever servers sent. Some tools decode bodies but keep the encoding headers, so a body is
// decoded only if it appears encoded. Reading a body with an unknown encoding fails with
// [ErrEncoding].
func ParseResponse(block io.Reader) (*Response, error) {
	r := bufio.NewReaderSize(block, 4096)
	first, err := readLine(r)
	if err != nil {
		return nil, fmt.Errorf("no HTTP response: its first line does not end: %w", unexpected(err))
	}
	fields := strings.Fields(first)
	if len(fields) < 2 || !strings.HasPrefix(strings.ToUpper(fields[0]), "HTTP/") {
		return nil, fmt.Errorf("%w: no HTTP response: it begins with %.60q", ErrFormat, first)
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return nil, fmt.Errorf("%w: HTTP status %.20q", ErrFormat, fields[1])
	}
	response := &Response{Status: status, Header: map[string]string{}}
	if err := response.readHeader(r); err != nil {
		return nil, err
	}
	response.Body = response.decoded(r)
	return response, nil
}

func (h *Response) readHeader(r *bufio.Reader) error {
	last := ""
	for size := 0; ; {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) || err == nil && line == "" {
			return nil // a response without a body
		}
		if err != nil {
			return err
		}
		if size += len(line); size > maxHeader {
			return fmt.Errorf("%w: an HTTP header of over %d bytes", ErrFormat, maxHeader)
		}
		if last != "" && (line[0] == ' ' || line[0] == '\t') { // folded
			h.Header[last] += " " + strings.TrimSpace(line)
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		first, there := h.Header[name]
		switch last = name; {
		case !there:
			h.Header[name] = value
		case name == "content-encoding" || name == "transfer-encoding":
			h.Header[name] = first + ", " + value
		default:
			last = ""
		}
	}
}
