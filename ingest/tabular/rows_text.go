package tabular

import (
	"io"
	"strings"

	"github.com/pali3/pali3/internal/textlines"
)

// textRows reads a list of URLs, one a line; its column is url.
type textRows struct {
	file     io.Closer
	lines    *textlines.Lines
	encoding textlines.Encoding
}

func (r *textRows) columns() ([]string, error) { return []string{"url"}, nil }

func (r *textRows) next() (row, error) {
	for {
		line, number, err := r.lines.NextLine()
		if err != nil {
			return nil, err
		}
		if err := r.encoding.Check(line, number); err != nil {
			return nil, err
		}
		if address := strings.TrimSpace(string(line)); address != "" {
			return row{"url": address}, nil
		}
	}
}

func (r *textRows) close() error { return r.file.Close() }
