package csvtext

import (
	"bytes"
	"strings"
)

// doubt is about the lines that a quote may enclose which does not close as it should.
type doubt struct {
	opened, until int64             // the line of the quote, and the last one in doubt
	forms         []map[string]bool // of the values that rows have, by column
}

// place is the lines of a row, from 0, in which a field begins and ends.
type place struct{ first, last int }

// doubtLines puts the lines in doubt that the row at hand would take, though its quote does not
// close as it should: they are rows if they have a value in a column such as the last row has
// there, or the part of this one before the quote.
func (r *Reader) doubtLines(opened int64, before []string, content []byte) {
	if r.doubt.until = max(r.doubt.until, r.stop); opened <= r.doubt.opened {
		return
	}
	r.doubt.opened, r.doubt.forms = opened, make([]map[string]bool, r.width)
	rows := [][]string{before}
	if parts := strings.Split(string(content), string(r.delimiter)); len(parts) == r.width {
		rows = append(rows, parts)
	}
	for column := range r.doubt.forms {
		r.doubt.forms[column] = map[string]bool{}
		for _, fields := range rows {
			if column < len(fields) {
				r.doubt.forms[column][formOf(fields[column])] = true
			}
		}
		delete(r.doubt.forms[column], "")
	}
}

// looksLikeRow reports whether the row at hand, which is in doubt, has a value such as other rows
// have in its column.
func (r *Reader) looksLikeRow() bool {
	for column, field := range r.fields {
		if r.doubt.forms[column][formOf(field)] {
			return true
		}
	}
	return false
}

// swallows reports whether a field of several lines looks as if its quote had enclosed rows: one of
// the lines it spans, read for itself, is a row with a value like the row's own, such as another
// image's name, where a field of one line is.
func (r *Reader) swallows() bool {
	for i, s := range r.spans {
		parts := bytes.Split(r.lines.Bytes()[s.From:s.End], r.delimiter)
		if len(parts) != r.width {
			continue
		}
		for column, part := range parts {
			p := r.places[column]
			if p.first != p.last || p.first == i {
				continue
			}
			if form := formOf(string(part)); form != "" && form == formOf(r.fields[column]) {
				return true
			}
		}
	}
	return false
}

// formOf returns what values of one column that are no prose have in common: the extension of a
// file's name, the scheme of a URL, or the name with its numbers left open. It is empty for prose.
func formOf(value string) string {
	value = strings.Trim(value, " \"")
	if value == "" || len(value) > 1024 || strings.ContainsAny(value, " \t") {
		return ""
	}
	if scheme, _, isURL := strings.Cut(value, "://"); isURL {
		return scheme + "://"
	}
	if dot := strings.LastIndexByte(value, '.'); dot > 0 && len(value)-dot >= 3 && len(value)-dot <= 6 {
		return strings.ToLower(value[dot:])
	}
	if !strings.ContainsAny(value, "0123456789") {
		return ""
	}
	var form []byte
	for i := range len(value) {
		switch c := value[i]; {
		case c < '0' || c > '9':
			form = append(form, c)
		case len(form) == 0 || form[len(form)-1] != '0':
			form = append(form, '0')
		}
	}
	return string(form)
}

// pieces reports whether the line at hand, up to an ending such as the header's, consists of rows
// that end otherwise, and where it ends.
func (r *Reader) pieces() (lines, next int, even bool) {
	even = true
	for lines < maxJoined {
		s, err := r.lines.Span(next)
		if err != nil {
			break
		}
		lines, next = lines+1, s.Next
		line := r.lines.Bytes()[s.From:s.End]
		even = even && (r.isBlank(line) || bytes.Count(line, r.delimiter) == r.width-1 || r.quote != 0 && bytes.IndexByte(line, r.quote) >= 0)
		if s.Ending != r.foreign {
			break
		}
	}
	r.even = r.lines.Number() + int64(lines)
	return lines, next, even
}
