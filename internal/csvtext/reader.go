package csvtext

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/textlines"
)

// Reader reads rows of fields. Use [Open] to make one.
type Reader struct {
	lines     *textlines.Lines
	encoding  textlines.Encoding
	delimiter []byte
	quote     byte // 0: none
	trusted   bool // the dialect gives the quote, so what it encloses is not doubted
	unquote   bool // in a table without quotes, removes those around fields that were clearly written with them
	joins     bool // surplus fields of a row belong to its last field
	trims     bool // removes blanks around values, because the header has some
	names     []string
	width     int   // fields of a row; 0 before the header is read
	begun     bool  // a row was read
	extra     int   // empty fields at the end that rows may have, because the first row has them
	at        int64 // the first line of the last row

	text    []byte           // of the fields
	ends    []int            // of each field in text
	spans   []textlines.Span // the lines of the row
	places  []place
	fields  []string
	stop    int64            // the line up to which the last quote is known not to be closed properly
	foreign textlines.Ending // the other kind of ending than that of the header
	even    int64            // up to this line, rows with the foreign ending were checked
	doubt   doubt
}

const maxJoined = 100_000 // lines of one row

// Unclosed is the cause in a [textlines.Fault] for a quote that is not closed properly.
type Unclosed struct {
	Begin string // beginning of the line that opens the quote
	error
}

// Line returns the number of the first line of the last row, from 1.
func (r *Reader) Line() int64 { return r.at }

// Next returns the fields of the next row, which are valid until the next call. For a row that
// cannot be read it returns a [textlines.Fault] and can be called again; if the row spans several
// lines, it continues with the second. After the last row the error is [textlines.ErrEnd].
func (r *Reader) Next() ([]string, error) {
	fields, err := r.next()
	if r.trims {
		for i, field := range fields {
			fields[i] = strings.Trim(field, " \t")
		}
	}
	return fields, err
}

func (r *Reader) next() ([]string, error) {
	for {
		first, err := r.lines.Span(0)
		if errors.Is(err, textlines.ErrLong) {
			r.at, err = r.lines.PassLong()
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		content := r.lines.Bytes()[:first.End]
		if r.isBlank(content) {
			r.lines.Advance(first.Next, 1)
			continue
		}
		r.at = r.lines.Number() + 1
		return r.row(first, content)
	}
}

func (r *Reader) isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' || len(r.delimiter) == 1 && c == r.delimiter[0] {
			return false
		}
	}
	return true
}

// row reads the row that begins with a line.
func (r *Reader) row(first textlines.Span, content []byte) ([]string, error) {
	at, before := r.at, r.fields
	r.stop = at
	err := r.parse(first, content)
	if err == nil {
		if err = r.shape(at); err != nil {
			r.stop = at + int64(len(r.spans)) - 1
		}
	}
	if err == nil && at <= r.doubt.until && !r.looksLikeRow() {
		err = advised(at, ": "+quoteHint, "line %d: line %d opens a quote that may enclose it", at, r.doubt.opened)
	}
	if err != nil {
		if r.stop > at {
			r.doubtLines(at, before, content)
		}
		r.lines.Advance(first.Next, 1)
		return nil, err
	}
	last := r.spans[len(r.spans)-1]
	if err := r.encoding.Check(r.lines.Bytes()[:last.End], at); err != nil {
		r.lines.Advance(last.Next, len(r.spans))
		return nil, err
	}
	if first.Ending == r.foreign && len(r.spans) == 1 && at > r.even {
		if lines, next, even := r.pieces(); !even {
			r.lines.Advance(next, lines)
			return nil, textlines.BadLine(at, "a line end within the line, of another kind than the header's, which would make rows of other than %d fields", r.width)
		}
	}
	r.lines.Advance(last.Next, len(r.spans))
	return r.fields, nil
}

// parse splits the row that begins with a line. It does not advance the lines.
func (r *Reader) parse(first textlines.Span, content []byte) error {
	r.spans = append(r.spans[:0], first)
	if r.quote != 0 && bytes.IndexByte(content, r.quote) >= 0 {
		return r.quoted()
	}
	r.split(content)
	return nil
}

// split splits a line without quotes, or one in which they are ordinary characters.
func (r *Reader) split(line []byte) {
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

// plain returns a field of a table without quotes. A field that is enclosed in quotes and contains
// doubled quotes was written by a program that quotes, so plain unquotes it.
func (r *Reader) plain(field string) string {
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

// shape checks the number of fields. If every row ends with delimiters that the header does not
// have, it removes the empty fields.
func (r *Reader) shape(at int64) error {
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
	if r.joins && len(r.spans) == 1 && len(r.fields) > r.width {
		r.fields = append(r.fields[:r.width-1], strings.Join(r.fields[r.width-1:], string(r.delimiter)))
	}
	switch n := len(r.spans); {
	case n > 1 && len(r.fields) != r.width:
		return advised(at, ": "+quoteHint, "lines %d to %d, joined by the quote that line %d opens, have %d fields, and the header has %d", at, at+int64(n)-1, at, len(r.fields), r.width)
	case len(r.fields) != r.width:
		return advised(at, r.fieldsHint(), "line %d: wrong number of fields: %d, and the header has %d", at, len(r.fields), r.width)
	case n > 1 && !r.trusted && r.swallows():
		return advised(at, fmt.Sprintf(": %s, or --quote '%c' if they belong to one field", quoteHint, r.quote),
			"line %d: the quote opened there encloses rows as far as line %d", at, at+int64(n)-1)
	}
	return nil
}

// followedBy reports whether all of the next lines, and at least one, end with a delimiter and have
// the given number of fields.
func (r *Reader) followedBy(fields int) bool {
	at, lines := r.spans[0].Next, 0
	for range 100 {
		s, err := r.lines.Span(at)
		if err != nil {
			break
		}
		line := r.lines.Bytes()[s.From:s.End]
		at = s.Next
		if r.isBlank(line) {
			continue
		}
		if lines++; !bytes.HasSuffix(line, r.delimiter) || bytes.Count(line, r.delimiter) != fields-1 {
			return false
		}
	}
	return lines > 0
}

const quoteHint = "set --quote none if quotes are characters in this table"

// advised returns the fault of a row with advice.
func advised(line int64, advice, format string, a ...any) error {
	return &textlines.Fault{Line: line, What: fmt.Errorf(format, a...), Advice: advice}
}

// fieldsHint returns advice for a row with a wrong number of fields.
func (r *Reader) fieldsHint() string {
	line := r.lines.Bytes()[:r.spans[0].End]
	switch {
	case r.quote != 0 && bytes.IndexByte(line, r.quote) >= 0:
		return "; " + quoteHint
	case r.quote == 0 && bytes.IndexByte(line, '"') >= 0 && r.unquote:
		return `; set --quote '"' if quotes enclose fields in this table`
	case len(r.fields) == 1:
		for _, other := range []string{"\t", ";", "|", ","} {
			if bytes.Count(line, []byte(other)) == r.width-1 {
				return "; set --delimiter " + DelimiterName(other) + " if that separates them"
			}
		}
	}
	return ""
}

// finish cuts the row's text into its fields.
func (r *Reader) finish() {
	text, from := string(r.text), 0
	r.fields = slices.Grow(r.fields[:0], len(r.ends))
	for _, end := range r.ends {
		r.fields = append(r.fields, text[from:end])
		from = end
	}
}
