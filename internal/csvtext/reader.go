package csvtext

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pali3/pali3/internal/textlines"
)

// Reader reads rows of fields. [Open] makes one.
type Reader struct {
	lines     *textlines.Lines
	encoding  textlines.Encoding
	delimiter []byte
	quote     byte // 0: none
	trusted   bool // the quote was asked for: what it encloses is not doubted
	unquote   bool // without quotes: a field that was plainly written with them loses them
	joins     bool // what a row has too many of belongs to its last field
	trims     bool // blanks around values go, as the header has some
	names     []string
	width     int   // fields of a row; 0 before the header is read
	begun     bool  // a row was read
	extra     int   // empty fields behind the last that rows may have, as the first has them
	at        int64 // the first line of the row that was read last

	text    []byte           // of the fields
	ends    []int            // of each field in text
	spans   []textlines.Span // the lines of the row
	places  []place
	fields  []string
	stop    int64            // the line at which the quote that was opened last is known not to close as it should
	foreign textlines.Ending // that a row of this table does not end at, unless there are several rows before its own ending
	even    int64            // up to this line, rows that end so were checked
	doubt   doubt
}

const maxJoined = 100_000 // lines of one row

// Unclosed is what is wrong in a [textlines.Fault] with a quote that does not close as it should.
type Unclosed struct {
	Begin string // of the line that opens it
	error
}

// Line returns the number of the first line of the row that was read last, from 1.
func (r *Reader) Line() int64 { return r.at }

// Next returns the fields of the next row; they hold until the next call. A row that cannot be read
// is a [textlines.Fault], after which the next row follows. Of rows that quotes make of several
// lines, that is the line after the first. The error is [textlines.ErrEnd] after the last row.
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

// parse takes the row that begins with a line apart, and leaves the lines where they are.
func (r *Reader) parse(first textlines.Span, content []byte) error {
	r.spans = append(r.spans[:0], first)
	if r.quote != 0 && bytes.IndexByte(content, r.quote) >= 0 {
		return r.quoted()
	}
	r.split(content)
	return nil
}

// split takes a line apart that has no quotes, or in which they are characters.
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

// plain returns a field of a table without quotes. One that is enclosed in them, and has others
// doubled within, was written by a program that quotes.
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

// shape checks the number of fields. Where every row ends with a delimiter that the header has not,
// the empty fields go.
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

// followedBy reports whether the next lines, at least one, end with a delimiter and have that
// number of fields.
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

// advised is the fault of a row, with what may help.
func advised(line int64, advice, format string, a ...any) error {
	return &textlines.Fault{Line: line, What: fmt.Errorf(format, a...), Advice: advice}
}

// fieldsHint says what may be wrong with a row of another number of fields.
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

// finish makes the row's fields of its text.
func (r *Reader) finish() {
	text, from := string(r.text), 0
	r.fields = slices.Grow(r.fields[:0], len(r.ends))
	for _, end := range r.ends {
		r.fields = append(r.fields, text[from:end])
		from = end
	}
}
