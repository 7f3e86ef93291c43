package csvtext

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"github.com/pali3/pali3/internal/textlines"
)

// quoted reads the row that begins with the line in spans, which has quotes. It adds further lines
// of the row to spans.
func (r *Reader) quoted() error {
	r.text, r.ends, r.places = r.text[:0], r.ends[:0], r.places[:0]
	at := 0
	for {
		line := &r.spans[len(r.spans)-1]
		b := r.lines.Bytes()
		from := len(r.spans) - 1
		opening := at
		for opening < line.End && b[opening] == ' ' && r.delimiter[0] != ' ' {
			opening++
		}
		opened := opening < line.End && b[opening] == r.quote
		if opened && opening > at {
			opened = r.closesInLine(opening) // blanks before a quote; otherwise it is an ordinary character
		}
		if opened {
			next, err := r.quotedField(opening)
			if err != nil {
				return err
			}
			at = next
		} else {
			end := r.delimiterFrom(at)
			r.text = append(r.text, b[at:end]...)
			at = end
		}
		r.ends = append(r.ends, len(r.text))
		r.places = append(r.places, place{from, len(r.spans) - 1})
		if at >= r.spans[len(r.spans)-1].End {
			r.finish()
			return nil
		}
		at += len(r.delimiter)
	}
}

// delimiterFrom returns the offset of the next delimiter in the last line, or the end of the line.
func (r *Reader) delimiterFrom(at int) int {
	end := r.spans[len(r.spans)-1].End
	if i := bytes.Index(r.lines.Bytes()[at:end], r.delimiter); i >= 0 {
		return at + i
	}
	return end
}

// closed reports whether a field ends at an offset of the last line, apart from blanks, and where.
func (r *Reader) closed(at int) (end int, ok bool) {
	b, end := r.lines.Bytes(), r.spans[len(r.spans)-1].End
	if at < end && bytes.HasPrefix(b[at:end], r.delimiter) {
		return at, true
	}
	for at < end && b[at] == ' ' {
		at++
	}
	return at, at == end || bytes.HasPrefix(b[at:end], r.delimiter)
}

// closesInLine reports whether a field that a quote opens is closed on the same line.
func (r *Reader) closesInLine(opening int) bool {
	b, end := r.lines.Bytes(), r.spans[len(r.spans)-1].End
	for at := opening + 1; ; {
		i := bytes.IndexByte(b[at:end], r.quote)
		if i < 0 {
			return false
		}
		if at += i + 1; at == end || b[at] != r.quote {
			_, closed := r.closed(at)
			return closed
		}
		at++
	}
}

// quotedField appends the text of the field that a quote opens, and returns where it ends.
func (r *Reader) quotedField(opening int) (end int, err error) {
	first, begun := len(r.spans)-1, len(r.text)
	at := opening + 1
	for {
		line := r.spans[len(r.spans)-1]
		b := r.lines.Bytes()
		i := bytes.IndexByte(b[at:line.End], r.quote)
		if i < 0 { // the field continues on the next line
			r.text = append(r.text, b[at:line.Next]...)
			if err := r.join(first, line.Next); err != nil {
				return r.doubtful(opening, first, begun, err)
			}
			at = line.Next
			continue
		}
		r.text = append(r.text, b[at:at+i]...)
		at += i + 1
		if at < line.End && b[at] == r.quote { // a doubled quote
			r.text = append(r.text, r.quote)
			at++
			continue
		}
		if end, closed := r.closed(at); closed {
			return end, nil
		}
		r.stop = r.line(len(r.spans) - 1)
		if several := len(r.spans)-1 > first; several || i > 0 && b[at-2] == '\\' {
			return r.doubtful(opening, first, begun, r.unclosed(first, "is not closed where line %d has the next", r.line(len(r.spans)-1)))
		}
		end := r.delimiterFrom(at) // text behind the closing quote belongs to the field
		r.text = append(r.text, b[at:end]...)
		return end, nil
	}
}

// line returns the number in the file of a line of the row.
func (r *Reader) line(index int) int64 { return r.lines.Number() + 1 + int64(index) }

// join adds the line at an offset to the row, for a field that begins in line first.
func (r *Reader) join(first, at int) error {
	r.stop = r.line(len(r.spans) - 1)
	if at > textlines.MaxLine || len(r.spans) >= maxJoined {
		return r.unclosed(first, "is not closed within %d bytes", at)
	}
	next, err := r.lines.Span(at)
	if errors.Is(err, textlines.ErrEnd) {
		r.stop = math.MaxInt64
		return r.unclosed(first, "is never closed")
	}
	if err != nil {
		return r.unclosed(first, "is not closed before the table breaks off: %w", err)
	}
	r.spans = append(r.spans, next)
	return nil
}

const maxBegin = 400 // bytes of a line that a fault quotes

// unclosed returns the fault for a quote that a line of the row opens.
func (r *Reader) unclosed(line int, format string, a ...any) error {
	begun := r.spans[line]
	begin := string(r.lines.Bytes()[begun.From:min(begun.End, begun.From+maxBegin)])
	what := fmt.Errorf("line %d opens a quote that %w", r.line(line), fmt.Errorf(format, a...))
	return &textlines.Fault{Line: r.line(line), What: &Unclosed{begin, what}, Advice: ": " + quoteHint}
}

// doubtful reads a field that is not closed properly as one with quotes escaped by backslashes,
// within its line. If it is not such a field, doubtful returns the given error.
func (r *Reader) doubtful(opening, first, begun int, err error) (int, error) {
	r.spans, r.text = r.spans[:first+1], r.text[:begun]
	b, end := r.lines.Bytes(), r.spans[first].End
	escaped := false
	for at := opening + 1; at < end; at++ {
		switch c := b[at]; {
		case c == '\\' && at+1 < end && (b[at+1] == r.quote || b[at+1] == '\\'):
			escaped = escaped || b[at+1] == r.quote
			at++
			r.text = append(r.text, b[at])
		case c == r.quote:
			if end, closed := r.closed(at + 1); closed && escaped {
				return end, nil
			}
			return 0, err
		default:
			r.text = append(r.text, c)
		}
	}
	return 0, err
}
