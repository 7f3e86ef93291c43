package tabular

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pali3/pali3/internal/csvtext"
	"github.com/pali3/pali3/internal/textlines"
)

// Dialect says how a text table is written, where its name and its header do not tell.
type Dialect struct {
	// Delimiter separates the fields of a row: one character, or "tab". By default it is the comma,
	// in .tsv the tab; or the bar, the semicolon, the tab or the comma, where only by that the
	// header has the columns asked for.
	Delimiter string
	// Quote encloses fields: one character, or "none". By default it is the quotation mark. In
	// .tsv, quotation marks are characters like others, unless they enclose every name of the
	// header.
	Quote string
	// Encoding is utf-8 by default; or utf-16, utf-16le, utf-16be, latin-1, windows-1252 or another
	// name that the WHATWG knows. A byte order mark decides over it.
	Encoding string
	// Columns names the columns of a table without a header.
	Columns []string
	// NoHeader says that the first line is a row; columns are called 1, 2, 3...
	NoHeader bool
}

// NoQuote is the [Dialect.Quote] of tables in which quotation marks are characters like others.
const NoQuote = csvtext.NoQuote

var delimiterNames = map[string]string{"tab": "\t", `\t`: "\t", "comma": ",", "semicolon": ";", "pipe": "|", "bar": "|", "space": " "}

// check returns the dialect with names resolved to characters.
func (d Dialect) check() (Dialect, error) {
	if character, named := delimiterNames[strings.ToLower(d.Delimiter)]; named {
		d.Delimiter = character
	}
	if r, size := utf8.DecodeRuneInString(d.Delimiter); d.Delimiter != "" && (size != len(d.Delimiter) || r == utf8.RuneError || r == '\n' || r == '\r') {
		return d, fmt.Errorf("--delimiter %q: it is one character, for example ; or | or tab", d.Delimiter)
	}
	if strings.EqualFold(d.Quote, NoQuote) {
		d.Quote = NoQuote
	} else if d.Quote != "" && (len(d.Quote) != 1 || d.Quote[0] <= ' ' || d.Quote[0] >= utf8.RuneSelf) {
		return d, fmt.Errorf("--quote %q: it is one ASCII character, or none", d.Quote)
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

// fields reports whether the dialect says anything about rows of fields.
func (d Dialect) fields() bool {
	return d.Delimiter != "" || d.Quote != "" || len(d.Columns) > 0 || d.NoHeader
}
