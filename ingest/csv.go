package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// csvReader reads rows of fields as RFC 4180 has them, and as Python's csv, pandas and DuckDB read what departs from it: a quote
// within a field is a character; text may follow a quoted field. Only a field that a quote opens and another one closes,
// before a delimiter or a line's end, spans lines; every other row is one line. Blank lines are no rows.
type csvReader struct {
	lines     *lineBuffer
	encoding  textEncoding
	delimiter []byte
	quote     byte // 0: none
	trusted   bool // the quote was asked for: what it encloses is not doubted
	unquote   bool // without quotes: a field that was plainly written with them loses them
	width     int  // fields of a row; 0 before the header is read
	begun     bool // a row was read
	extra     int  // empty fields behind the last that rows may have, as the first has them

	text    []byte // of the fields
	ends    []int  // of each field in text
	spans   []span // the lines of the row
	places  []place
	fields  []string
	stop    int64      // the line at which the quote that was opened last is known not to close as it should
	foreign lineEnding // that a row of this table does not end at, unless there are several rows before its own ending
	even    int64      // up to this line, rows that end so were checked
	doubt   doubt
}

const maxJoined = 100_000 // lines of one row

// fault is why a row of a table cannot be read, with the reason that the reject has.
type fault struct {
	reason string
	error
}

func (f *fault) Unwrap() error { return f.error }

func rowFault(format string, a ...any) error { return &fault{BadRow, fmt.Errorf(format, a...)} }
func textFault(err error) error              { return &fault{BadText, err} }

// next returns the fields of the next row; they hold until the next call. A row that cannot be read is a fault,
// after which the next row follows. Of rows that quotes make of several lines, that is the line after the first.
func (r *csvReader) next() ([]string, error) {
	for {
		first, err := r.lines.span(0)
		if errors.Is(err, errLong) {
			line := r.lines.number + 1
			if err := r.lines.skipLine(); err != nil && !errors.Is(err, errEnd) {
				return nil, err
			}
			return nil, rowFault("line %d: %w", line, errLong)
		}
		if err != nil {
			return nil, err
		}
		content := r.lines.bytes()[:first.end]
		if r.isBlank(content) {
			r.lines.advance(first.next, 1)
			continue
		}
		return r.row(first, content)
	}
}

func (r *csvReader) isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' || len(r.delimiter) == 1 && c == r.delimiter[0] {
			return false
		}
	}
	return true
}

// row reads the row that begins with a line.
func (r *csvReader) row(first span, content []byte) ([]string, error) {
	at := r.lines.number + 1
	before := r.fields
	r.stop = at
	err := r.parse(first, content)
	if err == nil {
		if err = r.shape(at); err != nil {
			r.stop = at + int64(len(r.spans)) - 1
		}
	}
	if err == nil && at <= r.doubt.until && !r.looksLikeRow() {
		err = rowFault("line %d: line %d opens a quote that may enclose it: %s", at, r.doubt.opened, r.quoteHint())
	}
	if err != nil {
		if r.stop > at {
			r.doubtLines(at, before, content)
		}
		r.lines.advance(first.next, 1)
		return nil, err
	}
	last := r.spans[len(r.spans)-1]
	if err := r.encoding.check(r.lines.bytes()[:last.end], at); err != nil {
		r.lines.advance(last.next, len(r.spans))
		return nil, err
	}
	if first.ending == r.foreign && len(r.spans) == 1 && at > r.even {
		if lines, next, even := r.pieces(); !even {
			r.lines.advance(next, lines)
			return nil, rowFault("line %d: a line end within the line, of another kind than the header's, which would make rows of other than %d fields", at, r.width)
		}
	}
	r.lines.advance(last.next, len(r.spans))
	return r.fields, nil
}

// parse takes the row that begins with a line apart, and leaves the lines where they are.
func (r *csvReader) parse(first span, content []byte) error {
	r.spans = append(r.spans[:0], first)
	if r.quote != 0 && bytes.IndexByte(content, r.quote) >= 0 {
		return r.quoted()
	}
	r.split(content)
	return nil
}

// split takes a line apart that has no quotes, or in which they are characters.
func (r *csvReader) split(line []byte) {
	text := string(line)
	delimiter := string(r.delimiter)
	r.fields = r.fields[:0]
	for {
		i := strings.Index(text, delimiter)
		if i < 0 {
			break
		}
		r.fields = append(r.fields, r.plain(text[:i]))
		text = text[i+len(delimiter):]
	}
	r.fields = append(r.fields, r.plain(text))
}

// plain returns a field of a table without quotes. One that is enclosed in them, and has others doubled within, was written by a
// program that quotes.
func (r *csvReader) plain(field string) string {
	if !r.unquote || len(field) < 4 || field[0] != '"' || field[len(field)-1] != '"' {
		return field
	}
	inner := field[1 : len(field)-1]
	single := strings.ReplaceAll(inner, `""`, "")
	if len(single) == len(inner) || strings.Contains(single, `"`) {
		return field
	}
	return strings.ReplaceAll(inner, `""`, `"`)
}

// shape checks the number of fields. Where every row ends with a delimiter that the header has not, the empty fields go.
func (r *csvReader) shape(at int64) error {
	if r.width == 0 {
		return nil
	}
	last := len(r.fields)
	for last > r.width && strings.TrimSpace(r.fields[last-1]) == "" {
		last--
	}
	if !r.begun {
		if r.begun = true; last == r.width && len(r.spans) == 1 && r.followedBy(len(r.fields)) {
			r.extra = len(r.fields) - last
		}
	}
	if len(r.fields)-last <= r.extra {
		r.fields = r.fields[:last]
	}
	switch n := len(r.spans); {
	case n > 1 && len(r.fields) != r.width:
		return rowFault("lines %d to %d, joined by the quote that line %d opens, have %d fields, and the header has %d: %s", at, at+int64(n)-1, at, len(r.fields), r.width, r.quoteHint())
	case len(r.fields) != r.width:
		return rowFault("line %d: wrong number of fields: %d, and the header has %d%s", at, len(r.fields), r.width, r.fieldsHint())
	case n > 1 && !r.trusted && r.swallows():
		return rowFault("line %d: the quote opened there encloses rows as far as line %d: %s, or --quote '%c' if they belong to one field",
			at, at+int64(n)-1, r.quoteHint(), r.quote)
	}
	return nil
}

// followedBy reports whether the next lines, at least one, end with a delimiter and have so many fields.
func (r *csvReader) followedBy(fields int) bool {
	at, lines := r.spans[0].next, 0
	for range 100 {
		s, err := r.lines.span(at)
		if err != nil {
			break
		}
		line := r.lines.bytes()[s.from:s.end]
		at = s.next
		if r.isBlank(line) {
			continue
		}
		if lines++; !bytes.HasSuffix(line, r.delimiter) || bytes.Count(line, r.delimiter) != fields-1 {
			return false
		}
	}
	return lines > 0
}

func (r *csvReader) quoteHint() string {
	return "set --quote none if quotes are characters in this table"
}

// fieldsHint says what may be wrong with a row of another number of fields.
func (r *csvReader) fieldsHint() string {
	line := r.lines.bytes()[:r.spans[0].end]
	switch {
	case r.quote != 0 && bytes.IndexByte(line, r.quote) >= 0:
		return "; " + r.quoteHint()
	case r.quote == 0 && bytes.IndexByte(line, '"') >= 0 && r.unquote:
		return `; set --quote '"' if quotes enclose fields in this table`
	case len(r.fields) == 1:
		for _, other := range []string{"\t", ";", "|", ","} {
			if bytes.Count(line, []byte(other)) == r.width-1 {
				return "; set --delimiter " + delimiterName(other) + " if that separates them"
			}
		}
	}
	return ""
}

// finish makes the row's fields of its text.
func (r *csvReader) finish() {
	text, from := string(r.text), 0
	r.fields = slices.Grow(r.fields[:0], len(r.ends))
	for _, end := range r.ends {
		r.fields = append(r.fields, text[from:end])
		from = end
	}
}
