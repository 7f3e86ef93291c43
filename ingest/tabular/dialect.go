package tabular

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// Dialect describes the syntax of a text table where its name and header do not determine it.
type Dialect struct {
	// Delimiter separates the fields of a row: one character, or "tab". The default is the comma,
	// or the tab in .tsv; but if only another one of comma, bar, semicolon and tab yields a header
	// with the requested columns, that one is used.
	Delimiter string
	// Quote encloses fields: one character, or "none". The default is the quotation mark. In .tsv,
	// quotation marks are ordinary characters unless they enclose every name of the header.
	Quote string
	// Encoding is utf-8 by default; utf-16, utf-16le, utf-16be, latin-1, windows-1252 and every
	// other name in the WHATWG Encoding Standard are accepted. A byte order mark overrides it.
	Encoding string
	// Columns names the columns of a table without a header.
	Columns []string
	// NoHeader says that the first line is a row; the columns are named 1, 2, 3...
	NoHeader bool
}

// NoQuote is the [Dialect.Quote] of tables in which quotation marks are ordinary characters.
const NoQuote = csvtext.NoQuote

var delimiterNames = map[string]string{"tab": "\t", `\t`: "\t", "comma": ",", "semicolon": ";", "pipe": "|", "bar": "|", "space": " "}

// check returns the dialect with names resolved to characters.
func (d Dialect) check() (Dialect, error) {
	if character, named := delimiterNames[strings.ToLower(d.Delimiter)]; named {
		d.Delimiter = character
	}
	if r, size := utf8.DecodeRuneInString(d.Delimiter); d.Delimiter != "" && (size != len(d.Delimiter) || r == utf8.RuneError || r == '\n' || r == '\r') {
		return d, fmt.Errorf("--delimiter %q: use one character, for example ; or | or tab", d.Delimiter)
	}
	if strings.EqualFold(d.Quote, NoQuote) {
		d.Quote = NoQuote
	} else if d.Quote != "" && (len(d.Quote) != 1 || d.Quote[0] <= ' ' || d.Quote[0] >= utf8.RuneSelf) {
		return d, fmt.Errorf("--quote %q: use one ASCII character, or none", d.Quote)
	}
	if d.Quote != "" && d.Quote == d.Delimiter {
		return d, fmt.Errorf("--quote and --delimiter are both %s", d.Quote)
	}
	for i, name := range d.Columns {
		if d.Columns[i] = strings.TrimSpace(name); d.Columns[i] == "" {
			return d, fmt.Errorf("--columns: name %d of %d is empty", i+1, len(d.Columns))
		}
	}
	_, err := textlines.EncodingNamed(d.Encoding)
	return d, err
}

// fields reports whether the dialect sets anything about delimited fields.
func (d Dialect) fields() bool {
	return d.Delimiter != "" || d.Quote != "" || len(d.Columns) > 0 || d.NoHeader
}
