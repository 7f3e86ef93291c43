package ingest

import (
	"errors"
	"io"
	"strings"
)

// textRows reads a list of URLs, one a line; its column is url.
type textRows struct {
	file     io.Closer
	lines    *lineBuffer
	encoding textEncoding
}

func (r *textRows) columns() ([]string, error) { return []string{"url"}, nil }

func (r *textRows) next() (row, error) {
	for {
		line, number, err := nextLine(r.lines)
		if err != nil {
			return nil, err
		}
		if err := r.encoding.check(line, number); err != nil {
			return nil, err
		}
		if address := strings.TrimSpace(string(line)); address != "" {
			return row{"url": address}, nil
		}
	}
}

func (r *textRows) close() error { return r.file.Close() }

// nextLine returns the next line that is not blank, and its number. One that is too long is a fault, and passed over.
func nextLine(lines *lineBuffer) (line []byte, number int64, err error) {
	for {
		s, err := lines.span(0)
		if errors.Is(err, errLong) {
			number := lines.number + 1
			if err := lines.skipLine(); err != nil && !errors.Is(err, errEnd) {
				return nil, 0, err
			}
			return nil, number, rowFault("line %d: %w", number, errLong)
		}
		if err != nil {
			return nil, 0, err
		}
		line := lines.bytes()[:s.end]
		lines.advance(s.next, 1)
		if !isBlank(line) {
			return line, lines.number, nil
		}
	}
}
